"""kill -9 of a worker or its children in the middle of a run: nothing is lost, nothing doubled."""

import random
import time
from collections.abc import Callable

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Run
from tests.factories import runs
from tests.faults.conftest import Workers, kill, state_of, wait_for
from tests.stubs.gateway import StubGateway

# What a killed process loses: the calls in flight, and the answers of about the last 50 ms, which
# were not written yet. At 80 ms a call that is at most three times its slots.
SLOTS = 8
LOST = 3 * SLOTS

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def whole(run: Run, planned: int, *, crashed: int = 0) -> None:
    """Every item of the run has one result, and every rule holds.

    ``crashed`` is how many may have been given up because their worker died at them again and again.
    """
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert run.error_count <= crashed
    assert (run.done_count + run.error_count, run.skipped_count) == (planned, 0)
    errors = Result.objects.filter(run=run).exclude(error_class="")
    assert set(errors.values_list("error_class", flat=True)) <= {"worker_crashed"}
    assert Result.objects.filter(run=run).count() == planned
    assert violations(run) == []


def called(gateway: StubGateway, number: int) -> Callable[[], bool]:
    return lambda: gateway.count() >= number


def test_killed_pool_children_cost_at_most_what_they_had_in_hand(
    workers: Workers, gateway: StubGateway
) -> None:
    # given a run of 200 calls on a worker with two children
    gateway.behave("alpha", "latency=80")
    workers.beat()
    worker = workers.worker()
    run = runs.scene(200, ("alpha",)).start(concurrency=SLOTS)
    wait_for(called(gateway, 40))
    # when both children are killed
    for child in workers.children(worker):
        kill(child)
    # then the run completes, and no more calls were made twice than were in flight or unwritten
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    whole(run, 200)
    assert 200 <= gateway.count() <= 200 + LOST


def test_a_killed_worker_is_replaced_by_another(workers: Workers, gateway: StubGateway) -> None:
    gateway.behave("alpha", "latency=80")
    workers.beat()
    first = workers.worker()
    run = runs.scene(150, ("alpha",)).start(concurrency=SLOTS)
    wait_for(called(gateway, 40))
    # when the whole worker is killed and another one starts
    workers.kill(first)
    workers.worker()
    # then the sweeper finds the run, and it completes
    wait_for(lambda: state_of(run) not in ("queued", "running"))
    whole(run, 150)
    assert gateway.count() <= 150 + LOST


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("seed", "kills"), [(1, 6), (2, 6), (3, 20)])
def test_worker_after_worker_killed_at_random_moments(
    workers: Workers, gateway: StubGateway, seed: int, kills: int
) -> None:
    # given a run of 200 calls
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=80")
    workers.beat()
    worker = workers.worker()
    run = runs.scene(200, ("alpha",)).start(concurrency=SLOTS)
    # when the worker's children are killed again and again
    for _ in range(kills):
        seen = gateway.count()
        wait_for(lambda seen=seen: gateway.count() > seen or state_of(run) == "complete")  # type: ignore[misc]
        time.sleep(moments.uniform(0.0, 0.6))
        for child in workers.children(worker):
            kill(child)
    # then all the same
    wait_for(lambda: state_of(run) not in ("queued", "running"), seconds=120)
    # Twenty blind kills may hit one call three times, which is taken for its own doing.
    whole(run, 200, crashed=kills // 10)
    assert gateway.count() <= 200 + kills * LOST


def test_an_example_that_kills_its_worker_becomes_an_error_and_the_rest_finishes(
    workers: Workers, gateway: StubGateway
) -> None:
    # given an example whose call ends the process that makes it
    worker = workers.worker()

    def answer(body: dict[str, object]) -> str:
        if "Ticket 7\n" in str(body["messages"]).replace("\\n", "\n"):
            for child in workers.children(worker):
                kill(child)
        return "an answer"

    gateway.behave("alpha", answer=answer)
    workers.beat()
    run = runs.scene(30, ("alpha",)).start(concurrency=4)
    # when it is driven
    wait_for(lambda: state_of(run) not in ("queued", "running"), seconds=150)
    # then that one is an error of its own class, and every other has its answer
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert (run.done_count, run.error_count) == (29, 1)
    crashed = Result.objects.get(run=run, error_class="worker_crashed")
    assert crashed.revision.key == "t-0007"
    assert violations(run) == []
