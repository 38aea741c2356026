"""Every row of the statistics tables against our functions, to 1e-6 unless a row names its own."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evaluations.statistics.bootstrap import paired_bootstrap
from evaluations.statistics.distributions import binomial_pmf
from evaluations.statistics.intervals import (
    Interval,
    clopper_pearson,
    mean_t,
    one_sided_lower,
    one_sided_upper,
    wilson,
    zero_failure_upper,
)
from evaluations.statistics.multiplicity import holm
from evaluations.statistics.noninferiority import not_worse_binary, not_worse_mean
from evaluations.statistics.paired import (
    PairedCounts,
    mcnemar_midp,
    paired_difference,
    paired_t,
    tango,
)
from evaluations.statistics.percentiles import percentile, percentile_interval
from evaluations.statistics.power import (
    gate_pass_probability,
    smallest_detectable_difference,
    smallest_detectable_mean_difference,
    smallest_unpaired_difference,
)

pytestmark = pytest.mark.reference

HERE = Path(__file__).parent
TABLE: dict[str, Any] = json.loads((HERE / "statistics.json").read_text(encoding="utf-8"))
COVERAGE = json.loads((HERE / "judge_cost_groundedness.json").read_text(encoding="utf-8"))[
    "interval_coverage"
]
PAIRED = {case["name"]: case for case in TABLE["paired"]["cases"]}


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6, rel=1e-9)


def both(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


def differences(case: dict[str, Any]) -> list[float]:
    return [a - b for a, b in zip(case["a"], case["b"], strict=True)]


@pytest.mark.parametrize(
    "case", TABLE["rates"]["cases"], ids=lambda case: f"{case['successes']}-of-{case['n']}"
)
def test_rates(case: dict[str, Any]) -> None:
    k, n, expected = case["successes"], case["n"], case["expected"]

    for percent, confidence in ((95, 0.95), (90, 0.90)):
        assert both(wilson(k, n, confidence)) == near(expected[f"wilson_{percent}"])
        assert both(clopper_pearson(k, n, confidence)) == near(expected[f"beta_{percent}"])
    assert one_sided_upper(k, n) == near(expected["one_sided_upper95_clopper_pearson"])
    assert one_sided_lower(k, n) == near(expected["one_sided_lower95_clopper_pearson"])
    if k == 0:
        assert zero_failure_upper(n) == near(expected["one_sided_upper95_clopper_pearson"])


@pytest.mark.parametrize("case", named(TABLE["means"]["cases"]))
def test_means(case: dict[str, Any]) -> None:
    expected = case["expected"]

    plain = mean_t(case["scores"])

    assert (plain.n, plain.mean) == (expected["n"], near(expected["mean"]))
    if expected["sem"] is None:
        assert plain.standard_error is None
        assert plain.interval is None
    else:
        assert plain.standard_error == near(expected["sem"])
        assert plain.interval is not None
        assert both(plain.interval) == near(expected["t_ci95"])
    if "cluster" in case:
        clustered = mean_t(case["scores"], case["cluster"])
        # The corrected error is absent from the table exactly where there is one cluster: no error
        # is shown.
        wanted = expected.get("statsmodels_cluster_with_correction")
        assert clustered.standard_error == (None if wanted is None else near(wanted))
        assert (clustered.interval is None) is (wanted is None)


@pytest.mark.parametrize("case", named(TABLE["paired"]["cases"]))
def test_paired_t(case: dict[str, Any]) -> None:
    expected = case["expected"]

    estimate = paired_t(differences(case))

    assert estimate.n == expected["n"]
    assert estimate.difference == near(expected["mean_difference"])
    if expected["sd_difference"] is None:
        assert estimate.interval is None
        assert estimate.p is None
    elif expected["sd_difference"] == 0.0:
        # scipy divides by the rounding noise of equal differences (p 0.0) or gives nothing; we take
        # the exact test.
        assert estimate.t is None
        assert estimate.interval is not None
        assert both(estimate.interval) == near([expected["mean_difference"]] * 2)
        assert estimate.p == near(expected["exact_sign_flip_p_two_sided"])
    else:
        assert estimate.standard_error == near(expected["se_difference"])
        assert estimate.interval is not None
        assert both(estimate.interval) == near(expected["paired_t"]["ci95"])
        assert (estimate.t, estimate.p) == (
            near(expected["paired_t"]["t"]),
            near(expected["paired_t"]["p_two_sided"]),
        )


@pytest.mark.parametrize(
    "case", named([c for c in PAIRED.values() if "table_a_rows_b_cols" in c["expected"]])
)
def test_mcnemar(case: dict[str, Any]) -> None:
    expected = case["expected"]

    counts = PairedCounts.of((a == 1, b == 1) for a, b in zip(case["a"], case["b"], strict=True))

    assert [[counts.both, counts.a_only], [counts.b_only, counts.neither]] == expected[
        "table_a_rows_b_cols"
    ]
    # Without a discordant pair the table has no mid-p; the exact p value is 1.
    assert mcnemar_midp(counts) == near(expected.get("mcnemar_mid_p", expected["mcnemar_exact_p"]))


@pytest.mark.parametrize(
    "case", TABLE["paired_bootstrap"]["cases"], ids=lambda case: str(case["paired_case"])
)
def test_bootstrap(case: dict[str, Any]) -> None:
    tolerance = case["tolerance"]

    result = paired_bootstrap(differences(PAIRED[case["paired_case"]]), seed=20240611)

    assert both(result.percentile) == pytest.approx(
        case["expected"]["percentile_95"], abs=tolerance
    )
    assert result.bca is not None
    assert both(result.bca) == pytest.approx(case["expected"]["BCa_95"], abs=tolerance)
    assert result.standard_error == pytest.approx(case["expected"]["standard_error"], abs=tolerance)


@pytest.mark.parametrize(
    "case", TABLE["multiple_comparisons"]["cases"], ids=lambda case: str(case["p_values"])
)
def test_holm(case: dict[str, Any]) -> None:
    adjusted = holm(case["p_values"])

    assert list(adjusted) == near(case["expected"]["holm"]["adjusted"])
    assert [p <= case["alpha"] + 1e-12 for p in adjusted] == case["expected"]["holm"]["reject"]


@pytest.mark.parametrize("case", named(TABLE["percentiles"]["cases"]))
def test_percentiles(case: dict[str, Any]) -> None:
    for p in (50, 90, 95, 99):
        expected = case["expected"][f"p{p}"]
        assert percentile(case["values"], p) == near(expected["linear"])
        assert percentile(case["values"], p, "inverted_cdf") == near(expected["inverted_cdf"])
        estimate = percentile_interval(case["values"], p)
        if "order_stat_ci95" in expected:
            assert [estimate.low, estimate.high] == expected["order_stat_ci95"]


@pytest.mark.parametrize(("p", "needed"), [(90, 36), (95, 72), (99, 368)])
def test_smallest_n_for_a_percentile_interval(p: int, needed: int) -> None:
    enough = percentile_interval([float(i) for i in range(needed)], p)
    too_few = percentile_interval([float(i) for i in range(needed - 1)], p)

    assert enough.interval is not None
    assert too_few.interval is None
    assert too_few.smallest_n == needed


def counts_of(case: dict[str, Any]) -> PairedCounts:
    return PairedCounts(
        case["both_pass"], case["only_new_passes"], case["only_baseline_passes"], case["both_fail"]
    )


@pytest.mark.parametrize("case", named(TABLE["non_inferiority_binary"]["cases"]))
def test_not_worse_binary(case: dict[str, Any]) -> None:
    counts, expected = counts_of(case), case["expected"]

    difference, newcombe = paired_difference(counts)
    gate = not_worse_binary(counts, case["margin"])

    assert difference == near(expected["difference"])
    assert both(newcombe) == near(expected["newcombe10_ci95"])
    assert paired_difference(counts, 0.90)[1].low == near(expected["lower_one_sided95_newcombe10"])
    assert both(tango(counts)) == near(expected["tango_ci95"])
    assert gate.interval.low == near(expected["lower_one_sided95_tango"])
    assert gate.passed is expected["non_inferior_tango_one_sided_05"]
    assert gate.p is not None
    assert (gate.p < 0.05) is gate.passed


@pytest.mark.parametrize(
    "case",
    TABLE["non_inferiority_mean"]["cases"],
    ids=lambda case: f"{case['paired_case']}-{case['margin']}",
)
def test_not_worse_mean(case: dict[str, Any]) -> None:
    rows, expected = PAIRED[case["paired_case"]], case["expected"]

    gate = not_worse_mean(
        [new - old for new, old in zip(rows[case["new"]], rows[case["baseline"]], strict=True)],
        case["margin"],
    )

    assert gate.difference == near(expected["mean_difference_new_minus_baseline"])
    assert gate.interval.low == near(expected["one_sided95_lower"])
    assert gate.p == near(expected["p_non_inferiority"])
    assert gate.passed is expected["non_inferior"]


@pytest.mark.parametrize("case", TABLE["power"]["cases"], ids=lambda case: f"n{case['n']}")
def test_power(case: dict[str, Any]) -> None:
    n, expected = case["n"], case["expected"]

    for sd in (0.2, 0.3, 0.4, 0.5):
        assert smallest_detectable_mean_difference(n, sd) == near(
            expected[f"paired_mean_mde_sd_diff_{sd}"]
        )
    for discordant in (0.05, 0.1, 0.2, 0.3):
        wanted = expected[f"mcnemar_mde_discordant_{discordant}"]
        assert smallest_detectable_difference(n, discordant) == (
            None if wanted is None else near(wanted)
        )
    for rate in (0.7, 0.8, 0.9, 0.95):
        wanted = expected[f"unpaired_mde_up_from_{rate}"]
        assert smallest_unpaired_difference(n, rate) == (None if wanted is None else near(wanted))
    assert wilson(round(0.9 * n), n).half_width == pytest.approx(
        expected["wilson_halfwidth_at_0.9"], abs=2e-3
    )
    assert zero_failure_upper(n) == near(expected["zero_failures_upper95_one_sided"])


@pytest.mark.parametrize(
    "case",
    TABLE["non_inferiority_gate_power"]["cases"],
    ids=lambda case: (
        f"n{case['n']}-{case['discordant_rate']}-{case['true_difference_new_minus_baseline']}"
    ),
)
def test_gate_power(case: dict[str, Any]) -> None:
    for margin in (0.02, 0.03, 0.05, 0.1):
        chance = gate_pass_probability(
            case["n"], case["discordant_rate"], margin, case["true_difference_new_minus_baseline"]
        )
        # The rows are rounded to four places.
        assert chance == pytest.approx(case[f"pass_probability_margin_{margin}"], abs=5.1e-5)


@pytest.mark.parametrize("case", COVERAGE, ids=lambda case: f"n{case['n']}-{case['true_rate']}")
def test_coverage_of_the_nominal_95_percent_intervals(case: dict[str, Any]) -> None:
    n, rate = case["n"], case["true_rate"]

    for name, interval in (("wilson", wilson), ("beta", clopper_pearson)):
        covered = math.fsum(
            binomial_pmf(k, n, rate) for k in range(n + 1) if interval(k, n).contains(rate)
        )
        assert covered == pytest.approx(case["coverage_of_nominal_95"][name], abs=5.1e-5)
