"""What a gateway can do to a run: refuse, fail, hang, lie. Counted, retried or given up."""

from collections import Counter
from collections.abc import Callable

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Score
from portal.gateway.pacing import RetryPolicy
from tests.factories import runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)
Driving = Callable[..., Drive]
QUICK = RetryPolicy(base=0.01, cap=0.02, longest_retry_after=0.05)


def test_a_server_error_is_tried_again(gateway: StubGateway, drive: Driving) -> None:
    # given a gateway that fails the first time for each example
    gateway.behave("alpha", "status=500+times=1")
    run = runs.scene(8, ("alpha",)).start(concurrency=4)
    # when
    drive(run, retries=QUICK)
    # then every example has an answer, from its second attempt
    assert run.state == RunState.COMPLETE
    assert run.error_count == 0
    assert {r.attempts for r in Result.objects.filter(run=run)} == {2}
    assert violations(run) == []


def test_an_attempt_that_may_be_billed_is_booked_at_its_estimate(
    gateway: StubGateway, drive: Driving
) -> None:
    gateway.behave("alpha", "lost+times=1")
    run = runs.scene(4, ("alpha",)).start(concurrency=2)
    drive(run, retries=QUICK)
    assert run.state == RunState.COMPLETE
    assert run.booked_micro > 0
    # Each was asked once more under the key that it had, so that a gateway may know it again.
    assert sorted(Counter(call.idempotency_key for call in gateway.calls).values()) == [2] * 4
    results = sum(r.cost_micro for r in Result.objects.filter(run=run))
    assert run.spent_micro == results + run.booked_micro
    assert violations(run) == []


def test_a_wrong_key_stops_its_candidate_at_once_and_no_other(
    gateway: StubGateway, drive: Driving
) -> None:
    # given one model whose calls are not authorised, and one that answers
    gateway.behave("alpha", "status=401")
    run = runs.scene(30, ("alpha", "beta")).start(concurrency=4)
    # when
    drive(run)
    # then few calls were wasted, the other candidate is whole, and the run says why it is partial
    assert run.state == RunState.PARTIAL
    assert run.reason_code == "not_authorised"
    assert "key" in run.reason
    assert "sk-test" not in run.reason
    assert gateway.count("alpha") <= 4
    assert Result.objects.filter(run=run, candidate__alias="beta", error_class="").count() == 30
    assert violations(run) == []


def test_a_run_none_of_whose_candidates_may_be_called_has_failed(
    gateway: StubGateway, drive: Driving
) -> None:
    gateway.behave("alpha", "status=403")
    run = runs.scene(20, ("alpha",)).start(concurrency=2)
    drive(run)
    assert run.state == RunState.FAILED
    assert run.done_count == 0
    assert violations(run) == []


def test_refused_calls_are_parked_and_use_up_no_try(gateway: StubGateway, drive: Driving) -> None:
    # given a gateway that takes 40 calls a second and refuses the rest
    gateway.behave("alpha", "rate=40+burst=5")
    run = runs.scene(60, ("alpha",)).start(concurrency=16)
    # when
    drive(run)
    # then nothing is lost
    assert run.state == RunState.COMPLETE
    assert run.error_count == 0
    assert gateway.count("alpha", 429) <= 30
    assert violations(run) == []


def test_a_call_that_hangs_is_cut_and_counted(gateway: StubGateway, drive: Driving) -> None:
    # given one candidate that never answers
    gateway.behave("alpha", "hang+share=0.4")
    run = runs.scene(5, ("alpha",)).start(timeout_seconds=1.0, concurrency=5)
    # when
    drive(run, retries=RetryPolicy(max_tries=2, base=0.01, cap=0.02))
    # then the run ends, with the examples that hang as errors of their class
    assert run.state == RunState.COMPLETE
    classes = {r.error_class for r in Result.objects.filter(run=run)}
    assert "timeout" in classes
    hung = Score.objects.filter(result__run=run, result__error_class="timeout")
    assert set(hung.filter(metric="normalised_match").values_list("outcome", flat=True)) == {
        "missing"
    }
    assert violations(run) == []


@pytest.mark.parametrize(
    ("spec", "error_class"),
    [
        ("status=400", "bad_request"),
        ("html", "malformed"),
        ("cut", "truncated"),
        ("big=2", "too_large"),
    ],
)
def test_answers_that_cannot_be_used_are_errors_of_their_class(
    gateway: StubGateway, drive: Driving, spec: str, error_class: str
) -> None:
    gateway.behave("alpha", f"{spec}+share=0.5")
    run = runs.scene(8, ("alpha",)).start(concurrency=4)
    drive(run, retries=RetryPolicy(max_tries=2, base=0.01, cap=0.02))
    assert run.state == RunState.COMPLETE
    assert {r.error_class for r in Result.objects.filter(run=run)} == {"", error_class}
    assert run.error_count + run.done_count == 8
    assert violations(run) == []


def test_refusals_cut_answers_and_other_models_are_kept_as_such(
    gateway: StubGateway, drive: Driving
) -> None:
    gateway.behave("alpha", "refusal")
    gateway.behave("beta", "length")
    gateway.behave("gamma", "model=other-model")
    run = runs.scene(3, ("alpha", "beta", "gamma")).start()
    drive(run)
    by_alias = {
        r.candidate.alias: r for r in Result.objects.filter(run=run).select_related("candidate")
    }
    assert by_alias["alpha"].refused
    assert by_alias["beta"].finish_reason == "length"
    assert "model_mismatch" in by_alias["gamma"].flags
    assert by_alias["gamma"].resolved_model == "other-model"


def test_an_odd_answer_is_stored_cleaned_and_flagged(gateway: StubGateway, drive: Driving) -> None:
    gateway.behave("alpha", "nul")
    gateway.behave("beta", "surrogate")
    run = runs.scene(2, ("alpha", "beta")).start()
    drive(run)
    assert run.state == RunState.COMPLETE
    assert all("\x00" not in r.output for r in Result.objects.filter(run=run))
    assert violations(run) == []
