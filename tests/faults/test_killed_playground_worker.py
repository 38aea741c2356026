"""kill -9 of a worker in the middle of a trial: it comes to its end, its money is accounted for."""

import pytest

from evaluations.playground.enums import CellState, TrialState
from evaluations.playground.models import Trial, TrialCell
from tests.factories import playground
from tests.faults.conftest import Workers, kill, wait_for
from tests.stubs.gateway import StubGateway

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

EXAMPLES = tuple(f"t-{n:04d}" for n in range(10))


def ended(trial: Trial) -> bool:
    return Trial.objects.get(pk=trial.pk).state not in (TrialState.QUEUED, TrialState.RUNNING)


def test_a_trial_whose_worker_is_killed_goes_on_with_another(
    workers: Workers, gateway: StubGateway
) -> None:
    # given a trial of 20 calls, four at a time, on one worker
    gateway.behave("alpha", "latency=200")
    gateway.behave("beta", "latency=200")
    workers.beat()
    first = workers.worker(children=1)
    trial = playground.scene(10).start(examples=EXAMPLES)
    wait_for(lambda: gateway.count() >= 6)
    # when the whole worker is killed and another one starts
    workers.kill(first)
    workers.worker(children=1)
    wait_for(lambda: ended(trial))
    # then every cell has its answer, and what was in flight was asked again and booked
    trial.refresh_from_db()
    cells = list(TrialCell.objects.filter(trial=trial))
    assert trial.state == TrialState.COMPLETE
    assert {one.state for one in cells} == {CellState.ANSWERED}
    deaths = sum(one.deaths for one in cells)
    assert 1 <= deaths <= 4
    assert gateway.count() <= 20 + 4
    assert trial.spent_micro == sum(one.cost_micro for one in cells) <= trial.cap_micro
    assert (trial.reserved_micro, trial.owner) == (0, "")


def test_an_input_that_kills_its_worker_is_given_up_and_the_rest_is_answered(
    workers: Workers, gateway: StubGateway
) -> None:
    # given one example whose call ends the process that makes it
    worker = workers.worker(children=1)

    def answer(body: dict[str, object]) -> str:
        if "Ticket 7\n" in str(body["messages"]).replace("\\n", "\n"):
            for child in workers.children(worker):
                kill(child)
        return "an answer"

    gateway.behave("alpha", answer=answer)
    workers.beat()
    trial = playground.scene(10, ("alpha",)).start(examples=EXAMPLES)
    # when
    wait_for(lambda: ended(trial), seconds=120)
    # then
    trial.refresh_from_db()
    assert trial.state == TrialState.COMPLETE
    crashed = TrialCell.objects.filter(trial=trial, error_class="worker_crashed")
    assert "t-0007" in {one.input.label for one in crashed}
    assert trial.reserved_micro == 0
    assert trial.spent_micro <= trial.cap_micro
