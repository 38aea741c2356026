"""The scorecard's document: what it says, and what it never says."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.scorecards.document import CandidateFacts, Example, build
from evaluations.statistics.intervals import wilson
from portal.common.canonical import digest
from tests.evaluations.scorecards import rows
from tests.evaluations.scorecards.rows import examples, facts, failed, plan, row

VALUES = st.sampled_from([0.0, 1.0, 0.25, 0.5, None])


@st.composite
def small_runs(draw: st.DrawFn) -> list[Any]:
    n = draw(st.integers(2, 12))
    found = []
    for candidate in range(2):
        for example in range(n):
            if draw(st.booleans()) or example == 0:
                value, other = draw(VALUES), draw(VALUES)
                whole = None if value is None else float(round(value))
                found.append(row(candidate, example, whole, other))
    return [n, found]


@given(small_runs(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_rows_changes_nothing(case: list[Any], dice: random.Random) -> None:
    # given a run, and the same rows in another order
    n, found = case
    shuffled = list(found)
    dice.shuffle(shuffled)
    # when and then
    one = build(plan(), facts(), examples(n), found)
    other = build(plan(), facts(), examples(n), shuffled)
    assert one == other
    assert digest(one) == digest(other)


@given(small_runs(), st.data())
@settings(max_examples=80, deadline=None)
def test_losing_an_answer_never_raises_a_score(case: list[Any], data: st.DataObject) -> None:
    # given a run, and the same run with one answer lost
    n, found = case
    place = data.draw(st.integers(0, len(found) - 1))
    lost = data.draw(st.sampled_from(["row", "error", "scores"]))
    rest = [one for index, one in enumerate(found) if index != place]
    gone = found[place]
    if lost == "error":
        rest.append(failed(gone.candidate, gone.example))
    if lost == "scores":
        rest.append(row(gone.candidate, gone.example, None, None))
    # when
    before = build(plan(), facts(), examples(n), found)
    after = build(plan(), facts(), examples(n), rest)
    # then no share is higher, and what is lost is counted
    for key in ("contains", "token_f1"):
        was = before["candidates"][gone.candidate]["measures"][key]
        now = after["candidates"][gone.candidate]["measures"][key]
        assert now["value"] is None or now["value"] <= was["value"]
        assert now["planned"] == was["planned"] == n
        assert now["n"] + now["missing"] + now["errors"] == n


def test_a_rate_has_its_wilson_interval_and_its_n() -> None:
    # given 45 of 50 right
    found = [row(0, i, float(i < 45), 0.5) for i in range(50)]
    # when
    document = build(plan(("a",)), facts(("a",)), examples(50), found)
    # then
    figures = document["candidates"][0]["measures"]["contains"]
    limits = wilson(45, 50)
    assert figures["value"] == 0.9
    assert (figures["low"], figures["high"]) == (round(limits.low, 10), round(limits.high, 10))
    assert (figures["n"], figures["planned"], figures["method"]) == (50, 50, "Wilson")


def test_an_example_that_a_metric_does_not_apply_to_is_not_missing() -> None:
    # given ten examples of which only six have what the metric compares with
    known = [Example("typical", (i < 6, True)) for i in range(10)]
    found = [row(0, i, 1.0 if i < 6 else None, 0.5) for i in range(10)]
    # when
    document = build(plan(("a",)), facts(("a",)), known, found)
    # then
    figures = document["candidates"][0]["measures"]["contains"]
    assert (figures["planned"], figures["n"], figures["missing"]) == (6, 6, 0)


def test_equal_graded_values_claim_no_certainty() -> None:
    found = [row(0, i, 1.0, 0.5) for i in range(40)]
    document = build(plan(("a",)), facts(("a",)), examples(40), found)
    figures = document["candidates"][0]["measures"]["token_f1"]
    assert figures["value"] == 0.5
    assert figures["low"] is None
    assert figures["high"] is None


def test_graded_values_that_are_all_0_or_1_are_counted_as_a_rate() -> None:
    found = [row(0, i, 1.0, 1.0) for i in range(40)]
    document = build(plan(("a",)), facts(("a",)), examples(40), found)
    figures = document["candidates"][0]["measures"]["token_f1"]
    assert figures["high"] == 1.0
    assert 0.9 < figures["low"] < 1.0


def test_p95_has_no_interval_below_72_calls_and_says_so() -> None:
    found = [row(0, i, 1.0, 1.0) for i in range(72)]
    few = build(plan(("a",)), facts(("a",)), examples(71), found[:71])
    more = build(plan(("a",)), facts(("a",)), examples(72), found)
    figures = few["candidates"][0]["measures"]["latency_p95"]
    assert figures["low"] is None
    assert figures["smallest_n"] == 72
    assert more["candidates"][0]["measures"]["latency_p95"]["high"] is not None


def test_a_timed_out_call_counts_as_slow_and_a_failed_one_as_missing() -> None:
    # given 80 fast calls, ten that timed out and ten that failed
    found = [row(0, i, 1.0, 1.0, latency_ms=100.0) for i in range(80)]
    found += [row(0, i, None, None, error="timeout", latency_ms=30_000.0) for i in range(80, 90)]
    found += [failed(0, i) for i in range(90, 100)]
    # when
    document = build(plan(("a",)), facts(("a",)), examples(100), found)
    # then
    figures = document["candidates"][0]["measures"]["latency_p95"]
    assert figures["value"] == 30_000.0
    assert (figures["n"], figures["missing"]) == (90, 10)
    assert document["candidates"][0]["errors"] == {"timeout": 10, "server_error": 10}


def test_an_input_held_back_by_a_guard_is_no_missing_latency() -> None:
    found = [row(0, i, 1.0, 1.0) for i in range(90)]
    found += [row(0, i, 1.0, 1.0, held_back=True, latency_ms=None) for i in range(90, 100)]
    document = build(plan(("a",)), facts(("a",)), examples(100), found)
    figures = document["candidates"][0]["measures"]["latency_p95"]
    assert (figures["planned"], figures["n"], figures["missing"]) == (90, 90, 0)


@pytest.mark.parametrize(("right", "state"), [(99, "meets"), (85, "cannot_tell"), (60, "fails")])
def test_a_floor_is_met_failed_or_nobody_can_tell(right: int, state: str) -> None:
    # given a floor of 0.80 and 100 examples
    found = [row(0, i, float(i < right), 0.5 + i / 1000) for i in range(100)]
    # when
    document = build(plan(("a",)), facts(("a",)), examples(100), found)
    # then the verdict follows the whole interval, and a failure names its floor
    verdict = document["candidates"][0]["verdict"]
    assert verdict["state"] == state
    assert verdict["names"] == (["Right"] if state == "fails" else [])


def test_ten_per_cent_failing_calls_are_never_a_pass_nor_a_fail() -> None:
    # given a candidate that is always right when it answers, and fails one call in ten
    found = [failed(0, i) if i % 10 == 0 else row(0, i, 1.0, 1.0) for i in range(200)]
    found += [row(1, i, float(i % 2), 0.6 + i / 1000) for i in range(200)]
    # when
    document = build(plan(), facts(), examples(200), found)
    # then it meets nothing, and is better than nobody
    first = document["candidates"][0]
    assert first["verdict"]["state"] == "cannot_tell"
    assert first["lost"] == 0.1
    assert first["measures"]["contains"]["value"] == 0.9
    assert {one["verdict"] for one in document["headline"]["pairs"]} == {"cannot_tell"}
    assert {one["verdict"] for one in document["against_reference"]["contains"]} == {"cannot_tell"}


def test_a_floor_on_a_measure_that_was_not_taken_is_not_met() -> None:
    floor = {"name": "Grounded", "key": "groundedness_basic", "at": 0.5}
    found = [row(0, i, 1.0, 1.0) for i in range(100)]
    document = build(plan(("a",), floors=[floor]), facts(("a",)), examples(100), found)
    assert document["candidates"][0]["verdict"]["state"] == "cannot_tell"


def test_the_limits_of_the_brief_are_held_against_time_and_money() -> None:
    # given calls of about 0.2 s for 0.002 each
    limits = {
        "latency_p95_ms": 1000.0,
        "max_cost_per_request": 0.001,
        "budget_per_month": 100.0,
        "requests_per_day": 1000,
        "currency": "USD",
    }
    found = [row(0, i, 1.0, 1.0, cost=rows.Decimal("0.002")) for i in range(100)]
    # when
    document = build(plan(("a",), limits=limits), facts(("a",)), examples(100), found)
    # then p95 is within, a request costs too much, and so does the month (0.002 x 1000 x 30 = 60)
    states = {one["limit"]: one["state"] for one in document["candidates"][0]["fit"]}
    assert states["latency_p95_ms"] == "within"
    assert states["max_cost_per_request"] == "over"
    assert states["budget_per_month"] == "within"
    assert document["candidates"][0]["per_month"]["value"] == 60.0


def test_a_limit_in_another_currency_is_not_compared() -> None:
    limits = {"max_cost_per_request": 1.0, "currency": "EUR"}
    found = [row(0, i, 1.0, 1.0) for i in range(100)]
    document = build(plan(("a",), limits=limits), facts(("a",)), examples(100), found)
    assert document["candidates"][0]["fit"][0]["state"] == "cannot_tell"


def test_repeats_narrow_nothing_but_the_noise_within_an_example() -> None:
    # given 50 examples asked three times, always with the same answer
    found = [
        row(0, i, float(i < 40), 0.5, repeat=repeat) for i in range(50) for repeat in (1, 2, 3)
    ]
    # when
    document = build(plan(("a",), repeats=3), facts(("a",)), examples(50), found)
    # then the interval is that of 50 examples, not of 150 answers
    figures = document["candidates"][0]["measures"]["contains"]
    assert figures["n"] == 150
    assert figures["low"] == round(wilson(40, 50).low, 10)


def test_weights_make_one_more_measure_by_which_candidates_are_ranked() -> None:
    # given a candidate that is right more often and one that is closer in words
    found = [row(0, i, float(i % 10 > 0), 0.2) for i in range(50)]
    found += [row(1, i, float(i % 10 > 1), 0.9) for i in range(50)]
    # when the words weigh more
    weights = {"contains": 1.0, "token_f1": 3.0}
    document = build(plan(weights=weights), facts(), examples(50), found)
    # then
    assert document["primary"] == "weighted"
    assert document["headline"]["leader"] == "b"
    value = document["candidates"][1]["measures"]["weighted"]["value"]
    assert value == pytest.approx((0.8 + 3 * 0.9) / 4)


def test_slices_have_their_own_n_and_interval() -> None:
    found = [row(0, i, float(i % 5 != 4), 0.5) for i in range(50)]
    document = build(plan(("a",)), facts(("a",)), examples(50), found)
    kinds = document["candidates"][0]["kinds"]
    assert kinds["typical"]["contains"]["value"] == 1.0
    assert kinds["edge"]["contains"]["value"] == 0.0
    assert kinds["edge"]["contains"]["n"] == 10
    assert kinds["edge"]["contains"]["high"] > 0.2


def test_a_simulated_candidate_marks_the_whole_scorecard() -> None:
    about = [CandidateFacts(), CandidateFacts(simulated=True)]
    document = build(plan(), facts(candidates=about), examples(3), [])
    assert document["simulated"] is True
    assert build(plan(), facts(), examples(3), [])["simulated"] is False


def test_a_run_without_one_answer_says_that_nothing_was_measured() -> None:
    found = [failed(candidate, i) for candidate in (0, 1) for i in range(20)]
    document = build(plan(), facts(), examples(20), found)
    for candidate in document["candidates"]:
        assert candidate["measures"]["contains"]["value"] is None
        assert candidate["verdict"]["state"] == "cannot_tell"


def test_the_digest_changes_with_any_figure_and_with_the_attempts() -> None:
    found = [row(0, i, 1.0, 0.5) for i in range(20)]
    one = build(plan(("a",)), facts(("a",)), examples(20), found)
    changed = [replace(found[0], scores=(rows.ScoreRow("scored", 0.0), None)), *found[1:]]
    other = build(plan(("a",)), facts(("a",)), examples(20), changed)
    tried = build(plan(("a",)), facts(("a",), attempts=[{"run": 1}]), examples(20), found)
    assert len({digest(document) for document in (one, other, tried)}) == 3
