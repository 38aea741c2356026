"""Intervals for one rate and for one mean, two-sided unless the name says otherwise."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from evaluations.statistics.distributions import (
    beta_quantile,
    check_confidence,
    t_multiplier,
    two_sided_z,
)
from evaluations.statistics.errors import StatisticsError, TooFew


@dataclass(frozen=True, slots=True)
class Interval:
    """A lower and an upper limit, in the unit of the estimate."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the limits."""
        return (self.high - self.low) / 2.0

    def contains(self, value: float) -> bool:
        """Whether the value lies between the limits, the limits included."""
        return self.low <= value <= self.high

    def mirrored(self) -> "Interval":
        """The same interval seen from the other side: (-high, -low)."""
        return Interval(-self.high, -self.low)


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean with its interval.

    `standard_error` and `interval` are None when one value or one cluster is all there is: there is
    then nothing to estimate a spread from, and no number is better than a wrong one.
    """

    mean: float
    n: int
    clusters: int
    standard_error: float | None
    interval: Interval | None


def check_counts(successes: int, n: int) -> None:
    """Raise TooFew for n = 0, StatisticsError for counts that cannot be."""
    if n < 1:
        raise TooFew("a rate needs at least one observation", needed=1)
    if not 0 <= successes <= n:
        raise StatisticsError(f"successes must lie between 0 and n = {n}, not {successes}")


def check_values(values: Sequence[float]) -> None:
    """Raise TooFew when there is no value, StatisticsError when one is NaN or infinite."""
    if not values:
        raise TooFew("at least one value is needed", needed=1)
    if not all(math.isfinite(value) for value in values):
        raise StatisticsError("every value must be a finite number")


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a rate (Wilson 1927). For pass rates."""
    check_counts(successes, n)
    z = two_sided_z(confidence)
    rate = successes / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The exact interval for a rate (Clopper and Pearson 1934): never covers less than it says."""
    check_counts(successes, n)
    check_confidence(confidence)
    side = (1.0 - confidence) / 2.0
    return Interval(_exact_lower(successes, n, side), _exact_upper(successes, n, side))


def one_sided_upper(successes: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided upper limit of a rate: "it is at most this". For safety rates."""
    check_counts(successes, n)
    check_confidence(confidence)
    return _exact_upper(successes, n, 1.0 - confidence)


def one_sided_lower(successes: int, n: int, confidence: float = 0.95) -> float:
    """The exact one-sided lower limit of a rate: "it is at least this"."""
    check_counts(successes, n)
    check_confidence(confidence)
    return _exact_lower(successes, n, 1.0 - confidence)


def zero_failure_upper(n: int, confidence: float = 0.95) -> float:
    """What 0 failures in n show: the exact one-sided upper limit of the failure rate.

    1 - (1 - confidence)^(1/n): 3.0 % for n = 100.
    """
    check_counts(0, n)
    check_confidence(confidence)
    return -math.expm1(math.log(1.0 - confidence) / n)


def mean_t(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, confidence: float = 0.95
) -> MeanEstimate:
    """The mean of graded values with Student's t-interval, clustered when `clusters` is given.

    `clusters` names a group per value.

    Clustered standard error: sqrt(C / (C - 1) x sum over clusters (sum of residuals)^2) / n with C
    - 1 degrees of freedom (Miller 2024, arXiv 2411.00640, Appendix A, with the few-clusters
    correction). Without clusters each value is its own. The limits are not cut at 0 and 1. Raises
    TooFew without values, StatisticsError for a value that is not finite or a cluster that is not
    known.
    """
    check_values(values)
    n = len(values)
    mean = math.fsum(values) / n
    groups = sums_by_cluster([value - mean for value in values], clusters)
    if len(groups) < 2:
        return MeanEstimate(mean, n, len(groups), None, None)
    standard_error = clustered_standard_error(groups, n)
    half = t_multiplier(confidence, len(groups) - 1) * standard_error
    return MeanEstimate(mean, n, len(groups), standard_error, Interval(mean - half, mean + half))


def sums_by_cluster(residuals: Sequence[float], clusters: Sequence[Hashable] | None) -> list[float]:
    """The sum of the residuals in each cluster. Raises StatisticsError for a missing cluster."""
    if clusters is None:
        return list(residuals)
    if len(clusters) != len(residuals):
        raise StatisticsError(f"{len(residuals)} values need as many clusters, not {len(clusters)}")
    groups: dict[Hashable, list[float]] = {}
    for residual, cluster in zip(residuals, clusters, strict=True):
        if cluster is None or cluster != cluster:
            raise StatisticsError("a value has no known cluster")
        groups.setdefault(cluster, []).append(residual)
    return [math.fsum(members) for members in groups.values()]


def clustered_standard_error(sums: Sequence[float], n: int) -> float:
    """The standard error of a mean of n values, from the residual sums of two or more clusters."""
    count = len(sums)
    return math.sqrt(count / (count - 1) * math.fsum(total * total for total in sums)) / n


def _exact_upper(successes: int, n: int, tail: float) -> float:
    if successes == n:
        return 1.0
    return beta_quantile(successes + 1, n - successes, 1.0 - tail)


def _exact_lower(successes: int, n: int, tail: float) -> float:
    if successes == 0:
        return 0.0
    return beta_quantile(successes, n - successes + 1, tail)
