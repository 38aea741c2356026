"""A trial is tried: answers, scores, errors, retries, the cap as a hard stop, cancelling."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from evaluations.playground import ledger, services, tasks
from evaluations.playground.enums import CellState, TrialState
from evaluations.playground.models import Trial, TrialCell
from evaluations.runs.models import Result, Run
from portal.audit.models import AuditEvent
from tests.factories import playground
from tests.stubs.gateway import StubGateway
from workloads.prompts.models import Prompt

pytestmark = pytest.mark.django_db(transaction=True)


def tried(trial: Trial) -> Trial:
    """Work on the trial here and now, as a worker does."""
    tasks.drive(str(trial.pk))
    trial.refresh_from_db()
    assert trial.reserved_micro == 0 or trial.state == TrialState.RUNNING
    assert trial.spent_micro <= trial.cap_micro
    return trial


def cells(trial: Trial) -> list[TrialCell]:
    return list(TrialCell.objects.filter(trial=trial))


def test_every_cell_gets_its_answer_tokens_latency_cost_and_scores(gateway: StubGateway) -> None:
    # given one model that answers as expected and one that answers something else
    right = '{"category": "WANT_REFUND", "urgent": true}'
    gateway.behave("alpha", answer=lambda body: right)
    gateway.behave("beta", "text=no idea")
    scene = playground.scene()
    # when
    trial = tried(scene.start(examples=("t-0000",)))
    # then
    assert trial.state == TrialState.COMPLETE
    alpha, beta = cells(trial)
    assert (alpha.state, alpha.output) == (CellState.ANSWERED, right)
    assert None not in (alpha.tokens_in, alpha.tokens_out, alpha.latency_ms)
    assert alpha.cost_micro + beta.cost_micro == trial.spent_micro > 0
    passed = {one["label"]: one["passed"] for one in alpha.scores}
    assert passed["Field accuracy: category"] is True
    assert {one["label"]: one["passed"] for one in beta.scores}["Field accuracy: category"] is False
    # and nothing that evidence could cite came of it
    assert not Run.objects.exists()
    assert not Result.objects.exists()
    assert AuditEvent.objects.filter(action="trial.complete").count() == 1


def test_each_call_is_made_once_under_a_key_of_its_own(gateway: StubGateway) -> None:
    trial = tried(playground.scene().start())
    keys = [call.idempotency_key for call in gateway.calls]
    assert len(keys) == len(set(keys)) == len(cells(trial)) == 4


def test_no_more_calls_are_in_flight_than_the_policy_allows(gateway: StubGateway) -> None:
    gateway.behave("alpha", "latency=40")
    gateway.behave("beta", "latency=40")
    tried(playground.scene(6).start(examples=tuple(f"t-{n:04d}" for n in range(6))))
    # then no five calls came within the time that one takes
    starts = sorted(call.at for call in gateway.calls)
    assert len(starts) == 12
    assert all(fifth - first >= 0.035 for first, fifth in zip(starts, starts[4:], strict=False))


def test_typed_values_are_sent_and_nothing_is_expected_of_them(gateway: StubGateway) -> None:
    scene = playground.scene(aliases=("alpha",))
    trial = tried(
        scene.start(dataset="", examples=(), typed=({"subject": "Hi", "body": "Typed here"},))
    )
    (cell,) = cells(trial)
    assert "Typed here" in gateway.calls[0].body["messages"][-1]["content"]
    assert cell.state == CellState.ANSWERED
    assert all(one["passed"] is not False for one in cell.scores)


def test_a_prompt_that_cannot_be_rendered_costs_nothing_and_says_why(gateway: StubGateway) -> None:
    scene = playground.scene(aliases=("alpha",))
    content = {**scene.prompt.content, "user_template": "{{ nobody }}"}
    Prompt.objects.filter(workload=scene.workload).update(draft=content)
    trial = tried(scene.start(prompts=("draft",)))
    assert {one.error_class for one in cells(trial)} == {"render_error"}
    assert "nobody" in cells(trial)[0].error_detail
    assert (trial.state, trial.spent_micro, gateway.count()) == (TrialState.COMPLETE, 0, 0)


def test_a_failure_that_may_pass_is_tried_again(gateway: StubGateway) -> None:
    gateway.behave("alpha", "status=429+retry-after=0+times=1")
    trial = tried(playground.scene(aliases=("alpha",)).start())
    assert [one.state for one in cells(trial)] == [CellState.ANSWERED] * 2
    assert {one.attempts for one in cells(trial)} == {2}


def test_a_lost_answer_is_booked_at_its_estimate(gateway: StubGateway) -> None:
    # given a gateway that fails once after it may have worked, and a cap with room for that
    gateway.behave("alpha", "status=500+times=1")
    trial = tried(playground.scene(aliases=("alpha",)).start(examples=("t-0000",)))
    (cell,) = cells(trial)
    assert cell.state == CellState.ANSWERED
    assert trial.spent_micro == cell.cost_micro > cell.estimate_micro


def test_the_cap_is_a_hard_stop_also_for_attempts_that_failed(gateway: StubGateway) -> None:
    # given a gateway that fails always, after it may have worked, and a cap of the worst case
    gateway.behave("alpha", "status=500")
    scene = playground.scene(aliases=("alpha",))
    worst = services.outlook(
        actor=scene.owner, workload=scene.workload, selection=scene.selection()
    ).worst_case
    # when
    trial = tried(scene.start(cap=str(worst)))
    # then no attempt was made that the cap had no room for
    assert trial.state == TrialState.CAP_REACHED
    assert trial.spent_micro == trial.cap_micro
    assert gateway.count() == 2
    assert {one.state for one in cells(trial)} <= {CellState.SKIPPED, CellState.ERROR}


def test_a_gateway_that_charges_more_than_its_prices_stops_the_trial(
    gateway: StubGateway,
) -> None:
    gateway.behave("alpha", "cost=3.0")
    scene = playground.scene(aliases=("alpha",))
    trial = tried(scene.start(examples=tuple(f"t-{n:04d}" for n in range(6))))
    # then what it said beyond the worst case is told apart, and no new call was made
    assert trial.state == TrialState.CAP_REACHED
    assert trial.overrun_micro > 0
    assert gateway.count() <= 4


def test_a_key_that_is_not_accepted_stops_that_model_alone(gateway: StubGateway) -> None:
    gateway.behave("alpha", "status=401")
    trial = tried(playground.scene(6).start(examples=tuple(f"t-{n:04d}" for n in range(6))))
    by_column: dict[int, set[str]] = {0: set(), 1: set()}
    for cell in cells(trial):
        by_column[cell.column].add(cell.error_class or cell.state)
    assert by_column == {0: {"not_authorised"}, 1: {"answered"}}
    assert gateway.count("alpha") <= 4


def test_odd_answers_are_kept_clean_or_told_as_errors(gateway: StubGateway) -> None:
    specs = ("nul", "surrogate", "no-choices", "html", "nan", "deep", "big=3")
    aliases = tuple(f"odd-{place}" for place in range(len(specs)))
    for alias, spec in zip(aliases, specs, strict=True):
        gateway.behave(alias, spec)
    scene = playground.scene(aliases=aliases)
    for models in (aliases[:4], aliases[4:]):
        trial = tried(scene.start(models=models, examples=("t-0000",)))
        assert trial.state == TrialState.COMPLETE
        for cell in cells(trial):
            assert cell.state in (CellState.ANSWERED, CellState.ERROR)
            assert cell.flags if cell.state == CellState.ANSWERED else cell.error_detail


def test_a_cancelled_trial_makes_no_new_call_and_keeps_what_it_has(gateway: StubGateway) -> None:
    # given a trial of 12 calls, cancelled when the first is asked
    scene = playground.scene(6)
    trial = scene.start(examples=tuple(f"t-{n:04d}" for n in range(6)))
    asked = threading.Event()

    def answer(body: dict[str, Any]) -> str:
        asked.set()
        return "an answer"

    gateway.behave("alpha", "latency=300", answer=answer)
    gateway.behave("beta", "latency=300", answer=answer)
    worker = threading.Thread(target=in_thread(lambda: tasks.drive(str(trial.pk))))
    worker.start()
    assert asked.wait(20)
    # when
    services.cancel_trial(actor=scene.owner, trial=trial)
    worker.join(30)
    # then
    trial.refresh_from_db()
    assert trial.state == TrialState.CANCELLED
    states = [one.state for one in cells(trial)]
    assert CellState.ANSWERED in states
    assert CellState.SKIPPED in states
    assert set(states) <= {CellState.ANSWERED, CellState.SKIPPED}
    assert trial.spent_micro > 0


def in_thread(work: Callable[[], None]) -> Callable[[], None]:
    """Return ``work`` for a thread, whose connection is closed at the end."""

    def run() -> None:
        try:
            work()
        finally:
            ledger.connection.close()

    return run


def test_a_driver_whose_time_is_over_leaves_the_rest_to_a_successor(
    gateway: StubGateway, settings: Any
) -> None:
    settings.RUN_DRIVE_SECONDS = 0.0
    trial = tried(playground.scene().start())
    assert (trial.state, trial.owner, gateway.count()) == (TrialState.RUNNING, "", 0)
    settings.RUN_DRIVE_SECONDS = 60.0
    assert tried(trial).state == TrialState.COMPLETE


def test_a_fault_of_our_own_ends_the_trial_with_a_word(
    gateway: StubGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = playground.scene(aliases=("alpha",)).start()
    monkeypatch.setattr(tasks, "run_on_loop", broken)
    with pytest.raises(RuntimeError):
        tasks.drive(str(trial.pk))
    trial.refresh_from_db()
    assert (trial.state, trial.reserved_micro) == (TrialState.FAILED, 0)
    assert {one.state for one in cells(trial)} == {CellState.SKIPPED}


def broken(work: Any) -> None:
    work.close()
    raise RuntimeError("a fault of our own")
