"""What the queue can do: lose every message, deliver one ten times, stand empty."""

import random

import pytest
from celery import current_app

from evaluations.runs import services
from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result
from evaluations.runs.planning import estimate
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, state_of, wait_for
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_a_message_that_is_delivered_ten_times_makes_no_call_twice(
    workers: Workers, gateway: StubGateway
) -> None:
    # given a queued run and ten more messages for it, and two workers
    gateway.behave("alpha", "latency=20")
    run = runs.scene(100, ("alpha",)).start(concurrency=8)
    for _ in range(10):
        current_app.send_task("evaluations.runs.drive", kwargs={"run_id": str(run.pk)})
    workers.worker()
    workers.worker()
    # when they work
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    # then each item was asked once
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 100
    assert violations(run) == []


def test_losing_every_message_costs_only_time(
    workers: Workers, gateway: StubGateway, queue: object
) -> None:
    # given a run whose messages are lost before anybody read them
    run = runs.scene(60, ("alpha",)).start(concurrency=8)
    queue.flushdb()  # type: ignore[attr-defined]
    workers.worker()
    # when the scheduler sends the sweeper
    workers.beat()
    # then it is found in the rows, and completes
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 60
    assert violations(run) == []


@each_seed
def test_an_emptied_queue_in_mid_run_loses_nothing(
    workers: Workers, gateway: StubGateway, queue: object, seed: int
) -> None:
    gateway.behave("alpha", "latency=40")
    workers.environment["RUN_DRIVE_SECONDS"] = "0.5"  # so that there are messages to be lost
    workers.worker()
    workers.sweeper()
    run = runs.scene(150, ("alpha",)).start(concurrency=8)
    for number in sorted(random.Random(seed).sample(range(1, 140), 4)):
        wait_for(lambda number=number: gateway.count() >= number)  # type: ignore[misc]
        queue.flushdb()  # type: ignore[attr-defined]
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert Result.objects.filter(run=run).count() == gateway.count() == 150
    assert violations(run) == []


@each_seed
def test_cancelling_half_way_ends_on_a_real_worker(
    workers: Workers, gateway: StubGateway, seed: int
) -> None:
    gateway.behave("alpha", "latency=50")
    workers.worker(children=1)
    scene = runs.scene(200, ("alpha",))
    run = scene.start(concurrency=8)
    moment = random.Random(seed).randint(1, 150)
    wait_for(lambda: gateway.count() >= moment)
    # when it is cancelled in mid-run
    services.cancel_run(actor=scene.owner, run=run)
    # then it ends by itself, with what was asked and nothing more
    wait_for(lambda: state_of(run) == "cancelled", seconds=10)
    run.refresh_from_db()
    assert run.done_count == gateway.count() < 200
    assert run.skipped_count == 200 - run.done_count
    assert violations(run) == []


def test_a_budget_reached_in_mid_run_is_never_passed(
    workers: Workers, gateway: StubGateway
) -> None:
    # given answers of nearly full length and a cap of 60 % of the estimate
    gateway.behave("alpha", f"latency=5+text={'word ' * 48}")
    workers.worker()
    scene = runs.scene(100, ("alpha",))
    cap = (estimate(scene.plan()).worst_case * 6 / 10).quantize(scene.plan().cap / 10**8)
    run = scene.start(concurrency=8, cap=cap)
    # when it is driven
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    # then it stopped within the cap, and a higher one finishes only the rest
    run.refresh_from_db()
    assert run.state == RunState.BUDGET_STOPPED
    assert run.spent_micro <= run.cap_micro
    assert violations(run) == []
    services.raise_budget(actor=scene.owner, run=run, cap=cap * 3)
    wait_for(lambda: state_of(run) == "complete")
    assert gateway.count() == 100
    assert violations(run) == []
