"""Every row on agreement, judge correction and position bias against our functions, to 1e-6."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evaluations.statistics.agreement import (
    Level,
    Weights,
    agreement,
    fleiss_kappa,
    kappa_half_width,
    krippendorff_alpha,
    weighted_kappa,
)
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.judging import Confusion, Preferred, corrected_rate, position_report

pytestmark = pytest.mark.reference

HERE = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


AGREEMENT = table("agreement")
CORRECTION = table("judge_cost_groundedness")["judge_correction"]["cases"]
POSITION = table("preference_and_retrieval")["position_bias"]["cases"]


def near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, abs=1e-6)


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.mark.parametrize("case", named(AGREEMENT["cohen_kappa"]["cases"]))
def test_two_raters(case: dict[str, Any]) -> None:
    expected = case["expected"]

    found = agreement(case["rater_a"], case["rater_b"])

    assert found.n == expected["n"]
    assert [str(label) for label in found.labels] == expected["labels"]
    assert [list(row) for row in found.table] == expected["table_rows_a_cols_b"]
    assert found.percent == near(expected["percent_agreement"])
    assert found.kappa == near(expected["cohen_kappa"])
    if found.kappa is None:
        assert (found.standard_error, found.interval, found.ac1) == (None, None, None)
        return
    assert found.standard_error == near(expected["kappa_se_statsmodels"])
    assert found.interval is not None
    low, high = expected["kappa_ci95_statsmodels"]
    # The limits of the library can pass 1; ours are cut.
    assert (found.interval.low, found.interval.high) == near((max(-1, low), min(1, high)))
    assert found.ac1 == near(expected["gwet_ac1"])
    assert weighted_kappa(found.table, Weights.NOMINAL) == near(expected["cohen_kappa"])
    if "kappa_linear" in expected:
        assert weighted_kappa(found.table, Weights.LINEAR) == near(expected["kappa_linear"])
        assert weighted_kappa(found.table, Weights.QUADRATIC) == near(expected["kappa_quadratic"])


@pytest.mark.parametrize("case", named(AGREEMENT["multi_rater"]["cases"]))
def test_many_raters(case: dict[str, Any]) -> None:
    raters, expected = case["raters_by_items"], case["expected"]

    for level in Level:
        wanted = expected[f"krippendorff_{level}"]
        undefined = wanted is None or isinstance(wanted, dict)
        assert krippendorff_alpha(raters, level) == (None if undefined else near(wanted))
    if "fleiss_kappa" in expected:
        counts = [Counter(item) for item in zip(*raters, strict=True)]
        assert fleiss_kappa(counts) == near(expected["fleiss_kappa"])


@pytest.mark.parametrize(
    "case",
    AGREEMENT["kappa_ci_planning"],
    ids=lambda case: f"{case['agreement']}-{case['prevalence']}-{case['n']}",
)
def test_planning(case: dict[str, Any]) -> None:
    width = kappa_half_width(case["agreement"], case["prevalence"], case["n"])

    assert width == near(case["ci95_half_width"])


@pytest.mark.parametrize("case", CORRECTION, ids=lambda case: f"{case['judged_pass']}-of-{case['judged_n']}-{case['of_which_judge_pass']}")  # fmt: skip
def test_correction(case: dict[str, Any]) -> None:
    passed, as_pass = case["human_pass_in_calibration"], case["of_which_judge_pass"]
    failed, as_fail = case["human_fail_in_calibration"], case["of_which_judge_fail"]
    confusion = Confusion(as_pass, passed - as_pass, failed - as_fail, as_fail)
    expected = case["expected"]

    if "refuse" in expected:
        with pytest.raises(StatisticsError, match="no better than chance"):
            corrected_rate(case["judged_pass"], case["judged_n"], confusion)
        return

    found = corrected_rate(case["judged_pass"], case["judged_n"], confusion)

    assert confusion.sensitivity == near(expected["sensitivity"])
    assert confusion.specificity == near(expected["specificity"])
    assert found.naive == near(expected["naive_rate"])
    assert found.uncut == near(expected["corrected_rate_unclipped"])
    assert found.corrected == near(expected["corrected_rate"])
    assert found.standard_error == near(expected["delta_se"])
    assert (found.interval.low, found.interval.high) == near(tuple(expected["ci95_clipped"]))


@pytest.mark.parametrize("case", named(POSITION))
def test_position(case: dict[str, Any]) -> None:
    expected = case["expected"]

    found = position_report(
        (Preferred(one), Preferred(other)) for one, other in case["verdicts_x_first_then_x_second"]
    )

    assert found.pairs == expected["pairs"]
    assert found.consistency == near(expected["position_consistency"])
    assert found.flips_to_first == expected["flips_to_first"]
    assert found.flips_to_second == expected["flips_to_second"]
    assert found.flip_p == near(expected["flip_bias_p"])
    assert found.first_share_of_decided == near(expected["first_position_share_of_decided"])
    assert found.strict_wins == expected["strict_wins"]
    assert found.strict_losses == expected["strict_losses"]
    assert found.strict_ties == expected["strict_ties"]
    assert found.strict_win_rate == near(expected["strict_win_rate_ties_half"])
    assert found.soft_win_rate == near(expected["soft_win_rate"])


def test_what_cannot_be_is_refused() -> None:
    for first, second in (([], []), ([1], [1, 0])):
        with pytest.raises(StatisticsError):
            agreement(first, second)
    with pytest.raises(StatisticsError, match="not on the scale"):
        agreement(["pass"], ["maybe"], labels=["pass", "fail"])
    with pytest.raises(StatisticsError, match="no better than chance"):
        corrected_rate(5, 10, Confusion(5, 5, 5, 5))
    with pytest.raises(TooFew):
        corrected_rate(5, 10, Confusion(5, 5, 0, 0))
    with pytest.raises(TooFew):
        position_report([])
    with pytest.raises(StatisticsError, match="same number"):
        fleiss_kappa([{"a": 2}, {"a": 3}])
    assert kappa_half_width(0.5, 0.9, 100) is None
