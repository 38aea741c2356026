"""A criterion passes only on what was shown: never by absence, never by a straddling interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.reviews.enums import Rule, Verdict
from workloads.reviews.verdicts import Bar, Measurement, judge

FLOOR = Bar(">=", 0.9, Rule.POINT, min_n=50)
_unit = st.floats(0, 1)
_rules = st.sampled_from([Rule.POINT, Rule.INTERVAL_BOUND, Rule.NOT_WORSE])


def _verdict(bar: Bar, seen: Measurement) -> Verdict:
    return judge(bar, seen, missing_max=0.02).verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.95, Verdict.PASS), (0.9, Verdict.PASS), (0.89, Verdict.FAIL)]
)
def test_a_value_meets_its_bar_or_fails(value: float, verdict: Verdict) -> None:
    assert _verdict(FLOOR, Measurement(value, 100, 0.8, 0.99)) == verdict


@pytest.mark.parametrize(
    "seen",
    [
        Measurement(None, 0),
        Measurement(0.99, 49, 0.9, 1.0),
        Measurement(0.99, 100, 0.95, 1.0, missing=3),
    ],
)
def test_too_little_is_inconclusive_and_blocks(seen: Measurement) -> None:
    assert _verdict(FLOOR, seen) == Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.91, 0.97, Verdict.PASS),
        (0.85, 0.95, Verdict.INCONCLUSIVE),
        (0.7, 0.89, Verdict.FAIL),
    ],
)
def test_the_whole_interval_has_to_clear_the_bar(low: float, high: float, verdict: Verdict) -> None:
    bar = Bar(">=", 0.9, Rule.INTERVAL_BOUND)

    assert _verdict(bar, Measurement((low + high) / 2, 120, low, high)) == verdict


def test_a_cost_has_to_stay_below_its_bar() -> None:
    bar = Bar("<=", 0.01, Rule.INTERVAL_BOUND)

    assert _verdict(bar, Measurement(0.004, 120, 0.003, 0.005)) == Verdict.PASS
    assert _verdict(bar, Measurement(0.02, 120, 0.015, 0.025)) == Verdict.FAIL


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.03, 0.05, Verdict.PASS),
        (-0.08, 0.02, Verdict.INCONCLUSIVE),
        (-0.2, -0.06, Verdict.FAIL),
    ],
)
def test_not_worse_is_shown_not_shown_or_worse(low: float, high: float, verdict: Verdict) -> None:
    bar = Bar(">=", 0, Rule.NOT_WORSE, margin=0.05)

    assert _verdict(bar, Measurement((low + high) / 2, 120, low, high)) == verdict


@given(_rules, _unit, _unit, st.integers(0, 40), st.integers(1, 40))
def test_missing_results_beyond_the_limit_never_pass(
    rule: Rule, threshold: float, value: float, n: int, missing: int
) -> None:
    seen = Measurement(value, n, value, value, missing=missing)

    verdict = judge(Bar(">=", threshold, rule, margin=0.05), seen, missing_max=0.0).verdict

    assert verdict == Verdict.INCONCLUSIVE


@given(_rules, _unit, _unit, _unit, _unit)
def test_a_better_measurement_never_turns_a_pass_into_less(
    rule: Rule, threshold: float, low: float, width: float, gain: float
) -> None:
    bar = Bar(">=", threshold, rule, margin=0.05)
    before = Measurement(low + width / 2, 100, low, low + width)
    after = Measurement(low + width / 2 + gain, 100, low + gain, low + width + gain)

    if _verdict(bar, before) == Verdict.PASS:
        assert _verdict(bar, after) == Verdict.PASS
