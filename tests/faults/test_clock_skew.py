"""A worker whose clock is hours ahead, and steps back in mid-run."""

import os
from glob import glob
from pathlib import Path

import pytest

from evaluations.runs.models import Lease, Result
from tests.factories import runs
from tests.faults.conftest import Workers, ended, wait_for, whole
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

LIBRARY = next(
    (
        path
        for path in (
            os.environ.get("FAKETIME_LIBRARY", ""),
            *glob("/usr/lib/*/faketime/libfaketimeMT.so.1"),
            *glob("/usr/lib*/faketime/libfaketimeMT.so.1"),
        )
        if path and Path(path).exists()
    ),
    "",
)


@pytest.mark.skipif(
    not LIBRARY, reason="B-16: no libfaketime here (Debian: faketime; or FAKETIME_LIBRARY)"
)
def test_a_worker_with_a_wrong_clock_changes_nothing(
    workers: Workers, gateway: StubGateway, tmp_path: Path
) -> None:
    # given a worker whose clock is two hours ahead
    gateway.behave("alpha", "latency=80")
    offset = tmp_path / "offset"
    offset.write_text("+2h")
    right = dict(workers.environment)
    workers.environment |= {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        # Read once a second: at each call, threads would wait for each other.
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    wrong = workers.worker(children=1)
    run = runs.scene(120, ("alpha",)).start(concurrency=8)
    wait_for(lambda: gateway.count() >= 30)
    # when it steps back by four hours in mid-run, and another worker, with the right time, takes over
    offset.write_text("-2h")
    wait_for(lambda: gateway.count() >= 70)
    assert Lease.objects.filter(run=run, state="leased").exists()
    workers.kill(wrong)
    workers.environment = right
    workers.worker(children=1)
    workers.sweeper()
    wait_for(lambda: ended(run))
    # then every item was asked once but what the dead one had in hand, and no time runs backwards
    whole(run, 120)
    assert gateway.count() <= 120 + 6 * 8
    assert run.started_at is not None
    assert run.finished_at is not None
    assert 0 < (run.finished_at - run.started_at).total_seconds() < 600
    times = Result.objects.filter(run=run).values_list("at", "latency_ms")
    assert all(run.started_at <= at <= run.finished_at for at, _ in times)
    assert all(0 < latency < 60_000 for _, latency in times)
