"""A deployment in mid-run: the old worker is asked to end, and a new one goes on."""

import random
import signal
import time

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Driver, Lease, Result
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, ended, state_of, wait_for
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@each_seed
def test_a_worker_that_is_asked_to_end_hands_over_and_repeats_no_call(
    workers: Workers, gateway: StubGateway, seed: int
) -> None:
    # given a run that has a minute of driving before it hands over by itself
    gateway.behave("alpha", "latency=150")
    old = workers.worker(children=1)
    run = runs.scene(120, ("alpha",)).start(concurrency=8)
    moment = random.Random(seed).randint(1, 60)
    wait_for(lambda: gateway.count() >= moment)
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
    wait_for(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 120
    assert violations(run) == []
