"""One comparison of a candidate (a) with a named baseline (b) on the same examples."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.intervals import Interval
from evaluations.statistics.multiplicity import holm
from evaluations.statistics.paired import (
    PairedCounts,
    PairedT,
    mcnemar_midp,
    paired_difference,
    paired_t,
)

T = TypeVar("T")


class Verdict(StrEnum):
    """What the comparison shows about a against b."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired comparison, a minus b.

    `interval` and `p` are None when fewer than two pairs (graded) or no pair at all (binary) could
    be compared, and `difference` too when there was no pair; the verdict is then `cannot_tell`.
    `left_out` counts examples without a value on one side. `p_adjusted` is Holm's when the
    comparison was one of several, else `p`. `ratio` (a over b, geometric) and its interval are
    given for quantities such as latency, where every value is positive; verdict and `p` then rest
    on it. A verdict other than `cannot_tell` needs both: p_adjusted < alpha and an interval on one
    side of no difference.
    """

    difference: float | None
    interval: Interval | None
    p: float | None
    p_adjusted: float | None
    verdict: Verdict
    n: int
    left_out: int
    method: str
    higher_is_better: bool
    alpha: float
    ratio: float | None = None
    ratio_interval: Interval | None = None


def compare_binary(
    a: Sequence[bool | None],
    b: Sequence[bool | None],
    higher_is_better: bool = True,
    confidence: float = 0.95,
) -> Comparison:
    """Compare pass/fail results: interval by Newcombe's method 10, p by McNemar's mid-p.

    `a` and `b` hold one result per example in the same order. Give False, not None, where a missing
    answer must count as failed; None leaves the pair out. Raises StatisticsError when the lengths
    differ.
    """
    pairs = _pairs(a, b)
    left_out, alpha, method = len(a) - len(pairs), 1.0 - confidence, "McNemar mid-p, Newcombe 10"
    if not pairs:
        return _nothing(left_out, alpha, method, higher_is_better)
    counts = PairedCounts.of(pairs)
    difference, interval = paired_difference(counts, confidence)
    p = mcnemar_midp(counts)
    verdict = _verdict(interval, p, alpha, higher_is_better)
    return Comparison(
        difference, interval, p, p, verdict, counts.n, left_out, method, higher_is_better, alpha
    )


def compare_graded(
    a: Sequence[float | None],
    b: Sequence[float | None],
    clusters: Sequence[Hashable] | None = None,
    higher_is_better: bool = True,
    confidence: float = 0.95,
) -> Comparison:
    """Compare graded scores by the paired t-test.

    It is clustered when `clusters` names the example or document that several values stem from.
    Lengths and None as in `compare_binary`. Raises StatisticsError when lengths differ or a value
    is not finite.
    """
    pairs, groups = _pairs(a, b), _kept(a, b, clusters)
    left_out, alpha, method = len(a) - len(pairs), 1.0 - confidence, "paired t"
    if not pairs:
        return _nothing(left_out, alpha, method, higher_is_better)
    estimate = paired_t([one - other for one, other in pairs], groups, confidence)
    return _from_t(estimate, left_out, alpha, _method(estimate, method), higher_is_better)


def compare_quantity(
    a: Sequence[float | None],
    b: Sequence[float | None],
    clusters: Sequence[Hashable] | None = None,
    higher_is_better: bool = False,
    confidence: float = 0.95,
) -> Comparison:
    """Compare latency or cost: the mean difference in its unit, and the ratio.

    The ratio comes from the paired t-test on logarithms. Where a value is 0 or below there is no
    ratio, and the verdict rests on the difference. Otherwise as `compare_graded`.
    """
    plain = compare_graded(a, b, clusters, higher_is_better, confidence)
    pairs, groups = _pairs(a, b), _kept(a, b, clusters)
    if not pairs or min(min(pair) for pair in pairs) <= 0.0:
        return plain
    logs = paired_t([math.log(one) - math.log(other) for one, other in pairs], groups, confidence)
    by_log = _from_t(
        logs, plain.left_out, plain.alpha, _method(logs, "paired t on logarithms"), higher_is_better
    )
    ratio_interval = logs.interval and Interval(
        math.exp(logs.interval.low), math.exp(logs.interval.high)
    )
    return replace(
        by_log,
        difference=plain.difference,
        interval=plain.interval,
        ratio=math.exp(logs.difference),
        ratio_interval=ratio_interval,
    )


def adjust(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Holm's correction over comparisons with one baseline.

    Gives the same comparisons with `p_adjusted` and the verdict set anew.
    Those without a p value stay as they are and are not counted.
    """
    given = tuple(comparisons)
    p_values = iter(holm([each.p for each in given if each.p is not None]))
    adjusted = []
    for each in given:
        if each.p is None:
            adjusted.append(each)
            continue
        p = next(p_values)
        # A verdict can only be lost here: Holm never lowers a p value.
        verdict = each.verdict if p < each.alpha else Verdict.CANNOT_TELL
        adjusted.append(replace(each, p_adjusted=p, verdict=verdict))
    return tuple(adjusted)


def _pairs(a: Sequence[T | None], b: Sequence[T | None]) -> list[tuple[T, T]]:
    if len(a) != len(b):
        raise StatisticsError(f"a paired comparison needs equal lengths, not {len(a)} and {len(b)}")
    return [
        (one, other)
        for one, other in zip(a, b, strict=True)
        if one is not None and other is not None
    ]


def _kept(
    a: Sequence[float | None], b: Sequence[float | None], clusters: Sequence[Hashable] | None
) -> list[Hashable] | None:
    if clusters is None:
        return None
    if len(clusters) != len(a):
        raise StatisticsError(f"{len(a)} pairs need as many clusters, not {len(clusters)}")
    rows = zip(a, b, clusters, strict=True)
    return [cluster for one, other, cluster in rows if one is not None and other is not None]


def _nothing(left_out: int, alpha: float, method: str, higher_is_better: bool) -> Comparison:
    return Comparison(
        None, None, None, None, Verdict.CANNOT_TELL, 0, left_out, method, higher_is_better, alpha
    )


def _method(estimate: PairedT, method: str) -> str:
    return (
        "exact sign-flip (all differences equal)"
        if estimate.n > 1 and estimate.t is None
        else method
    )


def _from_t(
    estimate: PairedT, left_out: int, alpha: float, method: str, higher_is_better: bool
) -> Comparison:
    verdict = Verdict.CANNOT_TELL
    if estimate.interval is not None and estimate.p is not None:
        verdict = _verdict(estimate.interval, estimate.p, alpha, higher_is_better)
    return Comparison(
        estimate.difference,
        estimate.interval,
        estimate.p,
        estimate.p,
        verdict,
        estimate.n,
        left_out,
        method,
        higher_is_better,
        alpha,
    )


def _verdict(interval: Interval, p: float, alpha: float, higher_is_better: bool) -> Verdict:
    if p >= alpha or interval.contains(0.0):
        return Verdict.CANNOT_TELL
    return Verdict.BETTER if (interval.low > 0.0) is higher_is_better else Verdict.WORSE
