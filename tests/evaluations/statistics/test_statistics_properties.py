"""What must hold for any data: intervals contain the estimate, order and side do not matter."""

import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluations.statistics.comparison import Verdict, compare_binary, compare_graded
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.intervals import (
    clopper_pearson,
    mean_t,
    one_sided_lower,
    one_sided_upper,
    wilson,
)
from evaluations.statistics.multiplicity import holm
from evaluations.statistics.noninferiority import not_worse_binary, not_worse_mean
from evaluations.statistics.paired import (
    PairedCounts,
    mcnemar_midp,
    mcnemar_midp_worse,
    paired_difference,
    paired_t,
    tango,
)
from evaluations.statistics.percentiles import percentile, percentile_interval

quick = settings(deadline=None, max_examples=150, database=None)
cells = st.integers(0, 120)
tables = st.builds(PairedCounts, cells, cells, cells, cells).filter(lambda counts: counts.n > 0)
values = st.lists(st.floats(-1000, 1000, allow_subnormal=False), min_size=2, max_size=40)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])
FLIPPED = {
    Verdict.BETTER: Verdict.WORSE,
    Verdict.WORSE: Verdict.BETTER,
    Verdict.CANNOT_TELL: Verdict.CANNOT_TELL,
}


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-7, abs=1e-9)


@quick
@given(st.integers(1, 400), st.data(), confidences)
def test_rate_intervals_contain_the_rate_and_lie_in_0_to_1(
    n: int, data: st.DataObject, confidence: float
) -> None:
    k = data.draw(st.integers(0, n))

    for interval in (wilson(k, n, confidence), clopper_pearson(k, n, confidence)):
        assert 0.0 <= interval.low <= k / n + 1e-12
        assert k / n - 1e-12 <= interval.high <= 1.0
    assert one_sided_lower(k, n, confidence) <= k / n + 1e-12
    assert one_sided_upper(k, n, confidence) >= k / n - 1e-12


@quick
@given(tables, confidences)
def test_difference_intervals_contain_the_difference_and_swap(
    counts: PairedCounts, confidence: float
) -> None:
    difference, newcombe = paired_difference(counts, confidence)
    other, swapped = paired_difference(counts.swapped(), confidence)
    score, mirrored = tango(counts, confidence), tango(counts.swapped(), confidence)

    assert other == -difference
    for interval in (newcombe, score):
        assert -1.0 <= interval.low <= difference + 1e-9
        assert difference - 1e-9 <= interval.high <= 1.0
    assert (swapped.mirrored().low, swapped.mirrored().high) == near((newcombe.low, newcombe.high))
    assert (mirrored.mirrored().low, mirrored.mirrored().high) == near((score.low, score.high))


@quick
@given(tables, cells, cells)
def test_ties_never_change_mcnemar(counts: PairedCounts, passed: int, failed: int) -> None:
    more = PairedCounts(counts.both + passed, counts.a_only, counts.b_only, counts.neither + failed)

    assert mcnemar_midp(more) == mcnemar_midp(counts)
    assert mcnemar_midp(counts.swapped()) == mcnemar_midp(counts)
    assert 0.0 < mcnemar_midp(counts) <= 1.0
    assert mcnemar_midp_worse(more) == mcnemar_midp_worse(counts)


@quick
@given(tables, st.floats(0.0, 0.3), st.floats(0.0, 0.3))
def test_a_wider_margin_never_turns_shown_into_not_shown(
    counts: PairedCounts, one: float, other: float
) -> None:
    narrow, wide = sorted((one, other))

    for rule in ("strict", "screening"):
        if not_worse_binary(counts, narrow, rule).passed:
            assert not_worse_binary(counts, wide, rule).passed


@quick
@given(values, confidences)
def test_means_and_paired_t(differences: list[float], confidence: float) -> None:
    estimate = paired_t(differences, confidence=confidence)
    flipped = paired_t([-value for value in differences], confidence=confidence)
    mean = mean_t(differences, confidence=confidence)

    assert estimate.interval is not None
    assert flipped.interval is not None
    assert mean.interval is not None
    assert estimate.interval.contains(estimate.difference)
    assert mean.interval.contains(mean.mean)
    assert flipped.difference == -estimate.difference
    assert (flipped.interval.mirrored().low, flipped.p) == near((estimate.interval.low, estimate.p))
    assert not_worse_mean(differences, 1e6).passed


@quick
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 5)), min_size=3, max_size=30
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_examples_is_nothing(
    rows: list[tuple[float, float, int]], shuffle: random.Random
) -> None:
    assume(len({row[2] for row in rows}) > 1)
    shuffled = list(rows)
    shuffle.shuffle(shuffled)

    def graded(of: list[tuple[float, float, int]]) -> Any:
        found = compare_graded([r[0] for r in of], [r[1] for r in of], [r[2] for r in of])
        assert found.interval is not None
        return found.difference, found.p, found.interval.low, found.interval.high

    def binary(of: list[tuple[float, float, int]]) -> Any:
        return compare_binary([r[0] > 0.5 for r in of], [r[1] > 0.5 for r in of])

    assert graded(shuffled) == near(graded(rows))
    assert binary(shuffled) == binary(rows)


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_swapping_the_candidates_flips_the_verdict(pairs: list[tuple[bool, bool]]) -> None:
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    forth, back = compare_binary(a, b), compare_binary(b, a)
    lower = compare_binary(a, b, higher_is_better=False)

    assert forth.difference is not None
    assert back.difference == -forth.difference
    assert back.p == forth.p
    assert back.verdict is FLIPPED[forth.verdict]
    assert lower.verdict is FLIPPED[forth.verdict]


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_monotone_and_never_lowers(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    by_p = [adjusted[i] for i in sorted(range(len(p_values)), key=p_values.__getitem__)]

    assert by_p == sorted(by_p)
    assert all(p <= new <= 1.0 for p, new in zip(p_values, adjusted, strict=True))


@quick
@given(values, st.floats(0.5, 99.5), st.floats(0.5, 99.5))
def test_percentiles_are_ordered_and_inside_the_values(
    numbers: list[float], one: float, other: float
) -> None:
    low, high = sorted((one, other))

    assert percentile(numbers, low) <= percentile(numbers, high) + 1e-9
    assert min(numbers) <= percentile(numbers, low) <= max(numbers)
    estimate = percentile_interval(numbers, low)
    # Below smallest_n a single limit may lie inside an interpolated estimate: none is shown.
    assert (estimate.interval is None) is (len(numbers) < estimate.smallest_n)
    assert estimate.interval is None or estimate.interval.contains(estimate.value)


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_an_unknown_cluster_is_refused(unknown: float | None) -> None:
    with pytest.raises(StatisticsError, match="no known cluster"):
        mean_t([1.0, 0.0, 1.0], ["a", unknown, "b"])
    with pytest.raises(StatisticsError, match="no known cluster"):
        paired_t([1.0, 0.0, 1.0], ["a", unknown, "b"])
