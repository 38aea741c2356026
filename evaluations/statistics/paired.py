"""Two candidates on the same examples: `a` against `b`, always as a minus b."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from evaluations.statistics.distributions import (
    check_confidence,
    fair_coin_pmf,
    fair_coin_tail,
    find_root,
    normal_cdf,
    t_cdf,
    t_multiplier,
    t_two_sided_p,
    two_sided_z,
)
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import (
    Interval,
    check_values,
    clustered_standard_error,
    sums_by_cluster,
    wilson,
)


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """How often both passed, only a passed, only b passed, neither passed."""

    both: int
    a_only: int
    b_only: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.a_only, self.b_only, self.neither) < 0:
            raise StatisticsError("counts cannot be negative")

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> "PairedCounts":
        """Count pairs of (a passed, b passed)."""
        table = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        for a, b in pairs:
            table[bool(a), bool(b)] += 1
        return cls(table[True, True], table[True, False], table[False, True], table[False, False])

    @property
    def n(self) -> int:
        """The number of pairs."""
        return self.both + self.a_only + self.b_only + self.neither

    @property
    def discordant(self) -> int:
        """The number of pairs on which the two differ."""
        return self.a_only + self.b_only

    @property
    def difference(self) -> float:
        """Pass rate of a minus pass rate of b. Raises TooFew without pairs."""
        if not self.n:
            raise TooFew("at least one pair is needed", needed=1)
        return (self.a_only - self.b_only) / self.n

    def swapped(self) -> "PairedCounts":
        """The same pairs with a and b exchanged."""
        return PairedCounts(self.both, self.b_only, self.a_only, self.neither)


@dataclass(frozen=True, slots=True)
class PairedT:
    """The mean of paired differences, with its test.

    `standard_error`, `interval`, `t` and `p` are None with one pair or one cluster. When every
    difference is the same there is no spread for a t-test: `t` is None, `p` is that of the exact
    sign-flip test (2 to the power 1 - n, or 1 when the difference is 0), and the interval is the
    difference itself.
    """

    difference: float
    n: int
    clusters: int
    standard_error: float | None
    interval: Interval | None
    t: float | None
    p: float | None


def paired_difference(counts: PairedCounts, confidence: float = 0.95) -> tuple[float, Interval]:
    """The difference of two pass rates and its interval by Newcombe's method 10 (Newcombe 1998).

    Square-and-add of the two Wilson intervals with the correlation phi; the n/2 correction of phi
    applies only when both x neither exceeds a_only x b_only. Raises TooFew without pairs.
    """
    n, difference = counts.n, counts.difference
    passes_a, passes_b = counts.both + counts.a_only, counts.both + counts.b_only
    rate_a, rate_b = passes_a / n, passes_b / n
    in_a, in_b = wilson(passes_a, n, confidence), wilson(passes_b, n, confidence)
    margins = passes_a * (n - passes_a) * passes_b * (n - passes_b)
    phi = 0.0
    if margins:
        covariance = float(counts.both * counts.neither - counts.a_only * counts.b_only)
        if covariance > 0:
            covariance = max(covariance - n / 2, 0.0)
        phi = covariance / math.sqrt(margins)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))

    below = reach(rate_a - in_a.low, in_b.high - rate_b)
    above = reach(rate_b - in_b.low, in_a.high - rate_a)
    return difference, Interval(max(-1.0, difference - below), min(1.0, difference + above))


def mcnemar_midp(counts: PairedCounts) -> float:
    """Two-sided mid-p value of McNemar's test (Fagerland, Lydersen and Laake 2013).

    Pairs that agree play no part.
    """
    smaller, discordant = min(counts.a_only, counts.b_only), counts.discordant
    if not discordant:
        return 1.0
    point = fair_coin_pmf(smaller, discordant)
    if counts.a_only == counts.b_only:
        # The doubled tail would count the middle twice; the paper gives this case its own value.
        return 1.0 - point / 2.0
    return 2.0 * fair_coin_tail(smaller, discordant) - point


def mcnemar_midp_worse(counts: PairedCounts) -> float:
    """One-sided mid-p value against "a is not worse than b".

    Small when b alone passes far more often than a alone.
    """
    if not counts.discordant:
        return 1.0
    return (
        fair_coin_tail(counts.a_only, counts.discordant)
        - fair_coin_pmf(counts.a_only, counts.discordant) / 2.0
    )


def tango(counts: PairedCounts, confidence: float = 0.95) -> Interval:
    """Tango's score interval for the difference of two paired pass rates (Tango 1998).

    Raises TooFew without pairs.
    """
    z, difference = two_sided_z(confidence), counts.difference

    def edge(sign: float) -> Callable[[float], float]:
        def distance(delta: float) -> float:
            return counts.n * (difference - delta) - sign * z * math.sqrt(
                score_variance(counts, delta)
            )

        return distance

    # Without a discordant pair the variance, and with it both functions, is 0 at the difference
    # itself.
    step = 1e-12
    low = -1.0 if difference == -1.0 else find_root(edge(1.0), -1.0, difference - step)
    high = 1.0 if difference == 1.0 else find_root(edge(-1.0), difference + step, 1.0)
    return Interval(low, high)


def score_variance(counts: PairedCounts, delta: float) -> float:
    """Variance of a_only - b_only when the true difference is `delta`.

    Taken at the restricted maximum of the likelihood.
    """
    n, a_only, b_only = counts.n, counts.a_only, counts.b_only
    linear = -(a_only + b_only) + (2 * n - a_only + b_only) * delta
    constant = -b_only * delta * (1.0 - delta)
    root = math.sqrt(max(0.0, linear * linear - 8 * n * constant))
    only_b = max(0.0, (root - linear) / (4 * n))
    return max(0.0, n * (2 * only_b + delta * (1.0 - delta)))


def tango_score(counts: PairedCounts, delta: float) -> float:
    """Tango's score statistic for "the true difference is delta".

    Near 0 when that fits, large when a is better.
    """
    distance = counts.a_only - counts.b_only - counts.n * delta
    spread = math.sqrt(score_variance(counts, delta))
    if spread == 0.0:
        return 0.0 if distance == 0.0 else math.copysign(math.inf, distance)
    return distance / spread


def tango_p_at_most(counts: PairedCounts, delta: float) -> float:
    """One-sided p value of the score test against "the true difference is at most delta"."""
    return normal_cdf(-tango_score(counts, delta))


def paired_t(
    differences: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> PairedT:
    """Student's paired t-test on differences (a minus b).

    Clustered when `clusters` names a group per pair.

    Raises TooFew without pairs and StatisticsError as `mean_t` does.
    """
    check_values(differences)
    check_confidence(confidence)
    n = len(differences)
    mean = math.fsum(differences) / n
    sums = sums_by_cluster([value - mean for value in differences], clusters)
    groups = len(sums)
    if groups < 2:
        return PairedT(mean, n, groups, None, None, None, None)
    if _no_spread(differences):
        p = 1.0 if abs(mean) == 0.0 else 2.0 ** (1 - groups)
        return PairedT(mean, n, groups, 0.0, Interval(mean, mean), None, p)
    standard_error = clustered_standard_error(sums, n)
    half = t_multiplier(confidence, groups - 1) * standard_error
    t = (
        mean / standard_error
        if standard_error
        else (math.copysign(math.inf, mean) if mean else 0.0)
    )
    interval = Interval(mean - half, mean + half)
    return PairedT(mean, n, groups, standard_error, interval, t, t_two_sided_p(t, groups - 1))


def one_sided_t_p(estimate: PairedT, delta: float) -> float | None:
    """One-sided p value against "the true mean difference is at most delta".

    None where there is no t-test.
    """
    if not estimate.standard_error:
        return None
    return t_cdf((delta - estimate.difference) / estimate.standard_error, estimate.clusters - 1)


def _no_spread(values: Sequence[float]) -> bool:
    # Rounding leaves a spread of 1e-17 in equal differences; a t value made of rounding would look
    # decisive.
    low, high = min(values), max(values)
    return high - low <= 1e-12 * max(abs(low), abs(high))
