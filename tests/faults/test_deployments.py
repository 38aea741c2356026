"""A deployment in mid-run: the old worker is asked to end, and a new one goes on."""

import signal
import time

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Driver, Lease, Result
from tests.factories import runs
from tests.faults.conftest import Workers, state_of, wait_for
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_a_worker_that_is_asked_to_end_hands_over_and_repeats_no_call(
    workers: Workers, gateway: StubGateway
) -> None:
    # given a run that has a minute of driving before it hands over by itself
    gateway.behave("alpha", "latency=150")
    old = workers.worker(children=1)
    run = runs.scene(200, ("alpha",)).start(concurrency=8)
    wait_for(lambda: gateway.count() >= 30)
    # when its worker is asked to end, as a deployment does
    old.send_signal(signal.SIGTERM)
    began = time.monotonic()
    old.wait(30)
    # then it ended once what it had in flight was written, and holds nothing
    assert time.monotonic() - began < 10
    assert state_of(run) == "running"
    assert Result.objects.filter(run=run).count() == gateway.count()
    assert not Lease.objects.filter(run=run, state="leased").exists()
    assert not Driver.objects.filter(run=run).exists()
    # and the next worker goes on by the message that it left, without a sweeper
    workers.worker(children=1)
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 200
    assert violations(run) == []
