"""kill -9 of a worker or its children in the middle of a run: nothing is lost, nothing doubled."""

import random
import time
from collections.abc import Callable

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Run, Score
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, ended, kill, state_of, wait_for, whole
from tests.stubs.gateway import StubGateway

# What a killed process loses: the calls in flight, and the answers of about the last 50 ms, which
# were not written yet. At 80 ms a call that is at most three times its slots.
SLOTS = 8
LOST = 3 * SLOTS

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def said(run: Run) -> list[tuple[object, ...]]:
    """Return every answer of a run with those of its scores that do not depend on the clock."""
    answers = Result.objects.filter(run=run).values_list(
        "candidate__alias", "revision__key", "output"
    )
    scores = Score.objects.filter(
        result__run=run, metric__in=("normalised_match", "refusal")
    ).values_list("result__revision__key", "metric", "outcome", "value", "passed")
    return [*sorted(answers), *sorted(scores)]


def called(gateway: StubGateway, number: int) -> Callable[[], bool]:
    return lambda: gateway.count() >= number


@each_seed
def test_killed_pool_children_cost_at_most_what_they_had_in_hand(
    workers: Workers, gateway: StubGateway, seed: int
) -> None:
    # given a run of 120 calls on a worker with two children
    gateway.behave("alpha", "latency=80")
    workers.sweeper()
    worker = workers.worker()
    scene = runs.scene(120, ("alpha",))
    run = scene.start(concurrency=SLOTS)
    wait_for(called(gateway, random.Random(seed).randint(1, 100)))
    # when both children are killed
    for child in workers.children(worker):
        kill(child)
    # then the run completes, and no more calls were made twice than were in flight or unwritten
    wait_for(lambda: ended(run))
    whole(run, 120)
    assert 120 <= gateway.count() <= 120 + LOST
    # and it says what a run says that nobody disturbed
    undisturbed = scene.start(concurrency=SLOTS)
    wait_for(lambda: ended(undisturbed))
    assert said(run) == said(undisturbed)


@each_seed
def test_a_killed_worker_is_replaced_by_another(
    workers: Workers, gateway: StubGateway, seed: int
) -> None:
    gateway.behave("alpha", "latency=80")
    workers.sweeper()
    first = workers.worker(children=1)
    run = runs.scene(120, ("alpha",)).start(concurrency=SLOTS)
    wait_for(called(gateway, random.Random(seed).randint(1, 100)))
    # when the whole worker is killed and another one starts
    workers.kill(first)
    workers.worker(children=1)
    # then the sweeper finds the run, and it completes
    wait_for(lambda: ended(run))
    whole(run, 120)
    assert gateway.count() <= 120 + LOST


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("seed", "kills"), [(1, 20), (2, 12), (3, 12)])
def test_worker_after_worker_killed_at_random_moments(
    workers: Workers, gateway: StubGateway, seed: int, kills: int
) -> None:
    # given a run of 200 calls
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=80")
    workers.sweeper()
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
    wait_for(lambda: ended(run), seconds=120)
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
    workers.sweeper()
    run = runs.scene(30, ("alpha",)).start(concurrency=4)
    # when it is driven
    wait_for(lambda: ended(run), seconds=150)
    # then that one is an error of its own class, and every other has its answer
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert (run.done_count, run.error_count) == (29, 1)
    crashed = Result.objects.get(run=run, error_class="worker_crashed")
    assert crashed.revision.key == "t-0007"
    assert violations(run) == []
