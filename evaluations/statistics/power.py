"""What a number of examples can show: detectable differences and the chance that a gate passes.

Print these beside the lock button and on every scorecard. Differences are shares (0.09 = 9 points)
or in the unit of the metric.
"""

import math
from collections.abc import Callable
from functools import lru_cache

from evaluations.statistics.distributions import (
    binomial_pmf,
    check_confidence,
    find_root,
    normal_cdf,
    normal_quantile,
    t_multiplier,
    two_sided_z,
)
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.paired import PairedCounts, tango_score

_NEGLIGIBLE = 1e-12


def smallest_detectable_difference(
    n: int, discordant: float, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The smallest true difference of two paired pass rates that McNemar's test would find.

    `discordant` is the expected share of examples on which the two differ. None when no difference
    can be found at this n: it would have to exceed `discordant`. Formula: Connor 1987 (normal
    approximation), solved for the difference. Raises StatisticsError for a share outside 0..1 and
    TooFew for n = 0.
    """
    _check_design(n, discordant, alpha, power)
    z_alpha, z_power = two_sided_z(1.0 - alpha), normal_quantile(power)

    def shortfall(difference: float) -> float:
        spread = math.sqrt(max(0.0, discordant - difference * difference))
        return z_alpha * math.sqrt(discordant) + z_power * spread - difference * math.sqrt(n)

    if discordant == 0.0 or shortfall(discordant) > 0.0:
        return None
    return find_root(shortfall, 0.0, discordant)


def smallest_detectable_mean_difference(
    n: int, sd_of_differences: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest true mean difference that a two-sided paired t-test would find.

    By the noncentral t distribution, in the unit of `sd_of_differences`. Raises TooFew for n < 2.
    """
    if n < 2:
        raise TooFew("a paired t-test needs at least two pairs", needed=2)
    _check_design(n, 0.0, alpha, power)
    if not 0.0 <= sd_of_differences < math.inf:
        raise StatisticsError("the standard deviation is a finite number of at least 0")
    return _detectable_effect(n, alpha, power) * sd_of_differences


@lru_cache(maxsize=1_024)
def _detectable_effect(n: int, alpha: float, power: float) -> float:
    """The smallest effect, in standard deviations, that a two-sided paired t-test would find."""
    critical = t_multiplier(1.0 - alpha, n - 1)
    high = 1.0
    while _paired_t_power(high, n, critical) < power:
        high *= 2.0
    return find_root(lambda effect: _paired_t_power(effect, n, critical) - power, 0.0, high)


def smallest_unpaired_difference(
    n: int, rate: float, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """The smallest rise from `rate` that two separate samples of n each would show.

    Arcsine effect size of Cohen 1988 with the normal approximation. None when it would lie beyond
    100 %. For comparison with the paired design only.
    """
    _check_design(n, rate, alpha, power)
    z_alpha = two_sided_z(1.0 - alpha)

    def excess(effect: float) -> float:
        shift = effect * math.sqrt(n / 2.0)
        return normal_cdf(shift - z_alpha) + normal_cdf(-shift - z_alpha) - power

    effect = find_root(
        excess, 0.0, 2.0 * (z_alpha + abs(normal_quantile(power)) + 1.0) / math.sqrt(n / 2.0)
    )
    angle = math.asin(math.sqrt(rate)) + effect / 2.0
    return None if angle > math.pi / 2.0 else math.sin(angle) ** 2 - rate


def gate_pass_probability(
    n: int, discordant: float, margin: float, difference: float = 0.0, confidence: float = 0.95
) -> float:
    """The chance that the strict gate of `not_worse_binary` passes, by exact enumeration.

    `difference` is the true difference, new minus baseline: 0 for a build that is truly equal.
    `discordant` is the expected share of examples on which the two differ. Raises StatisticsError
    when the difference exceeds it.
    """
    _check_design(n, discordant, 1.0 - confidence, 0.5)
    if abs(difference) > discordant:
        raise StatisticsError(
            "the difference cannot exceed the share of examples on which the two differ"
        )
    if not 0.0 <= margin <= 1.0:
        raise StatisticsError(f"a margin for pass rates is a share between 0 and 1, not {margin!r}")
    z = normal_quantile(confidence)
    share_new = 0.5 + difference / (2.0 * discordant) if discordant else 0.5
    total = 0.0
    for differing in range(n + 1):
        weight = binomial_pmf(differing, n, discordant)
        if weight < _NEGLIGIBLE:
            continue
        for new_only in range(differing + 1):
            chance = weight * binomial_pmf(new_only, differing, share_new)
            if chance < _NEGLIGIBLE:
                continue
            counts = PairedCounts(n - differing, new_only, differing - new_only, 0)
            # The lower limit lies above -margin exactly when the score test rejects "worse by the
            # margin".
            if tango_score(counts, -margin) > z:
                total += chance
    return min(1.0, total)


def needed_n(
    margin: float,
    discordant: float,
    difference: float = 0.0,
    power: float = 0.8,
    confidence: float = 0.95,
    largest: int = 5000,
) -> int | None:
    """About how many examples the strict gate needs to pass with that power.

    None when `largest` is not enough. The chance moves in small steps with n, so the answer is
    the end of a bisection and not an exact minimum.
    """
    if difference <= -margin:
        return None
    return _bisect(
        lambda n: gate_pass_probability(n, discordant, margin, difference, confidence) >= power,
        largest,
    )


def needed_n_to_detect(
    difference: float, discordant: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """How many examples McNemar's test needs to find a true difference, by Connor's formula.

    Raises StatisticsError for a difference of 0 or above the discordant share.
    """
    _check_design(1, discordant, alpha, power)
    if not 0.0 < abs(difference) <= discordant:
        raise StatisticsError(
            "the difference must lie between 0 and the share of examples on which the two differ"
        )
    spread = math.sqrt(discordant - difference * difference)
    reach = two_sided_z(1.0 - alpha) * math.sqrt(discordant) + normal_quantile(power) * spread
    return math.ceil((reach / difference) ** 2)


def _paired_t_power(effect: float, n: int, critical: float) -> float:
    """P(|T| > critical) for a noncentral t, n - 1 degrees of freedom, shift effect x sqrt(n).

    Integrates the normal tail over the distribution of the sample's standard deviation by Simpson's
    rule.
    """
    df, shift, steps = n - 1, effect * math.sqrt(n), 400
    reach = 12.0 / math.sqrt(2.0 * df)
    low, high = max(1e-12, 1.0 - reach), 1.0 + reach
    log_front = math.log(2.0) + df / 2.0 * math.log(df / 2.0) - math.lgamma(df / 2.0)
    width = (high - low) / steps
    terms = []
    for step in range(steps + 1):
        s = low + step * width
        density = math.exp(log_front + (df - 1) * math.log(s) - df * s * s / 2.0)
        rejected = normal_cdf(shift - critical * s) + normal_cdf(-shift - critical * s)
        terms.append((1 if step in (0, steps) else 4 if step % 2 else 2) * density * rejected)
    return math.fsum(terms) * width / 3.0


def _bisect(enough: Callable[[int], bool], largest: int) -> int | None:
    high = 8
    while not enough(min(high, largest)):
        if high >= largest:
            return None
        high *= 2
    low, high = high // 2, min(high, largest)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _check_design(n: int, share: float, alpha: float, power: float) -> None:
    if n < 1:
        raise TooFew("at least one example is needed", needed=1)
    if not 0.0 <= share <= 1.0:
        raise StatisticsError(f"a share lies between 0 and 1, not {share!r}")
    check_confidence(alpha)
    check_confidence(power)
