"""Bootstrap intervals: of a mean difference, and of figures that are no mean."""

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evaluations.statistics.distributions import check_confidence, normal_cdf, normal_quantile
from evaluations.statistics.errors import StatisticsError, TooFew
from evaluations.statistics.intervals import Interval, check_values
from evaluations.statistics.percentiles import percentile

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Percentile and BCa interval of the mean, with the seed that repeats them.

    `bca` is None without spread.
    """

    percentile: Interval
    bca: Interval | None
    standard_error: float
    seed: int
    resamples: int


def paired_bootstrap(
    differences: Sequence[float], seed: int, resamples: int = 10_000, confidence: float = 0.95
) -> Bootstrap:
    """Resample whole pairs (their differences) with replacement; BCa after Efron 1987.

    Raises TooFew with fewer than two pairs, StatisticsError for a difference that is not finite.
    """
    check_values(differences)
    check_confidence(confidence)
    n = len(differences)
    if n < 2:
        raise TooFew("a bootstrap needs at least two pairs", needed=2)
    if resamples < 100:
        raise StatisticsError("a bootstrap needs at least 100 resamples")
    # A resample is reproducible from its seed; nothing here guards a secret.
    draw = random.Random(seed).choices
    means = sorted(math.fsum(draw(differences, k=n)) / n for _ in range(resamples))
    centre = math.fsum(means) / resamples
    standard_error = math.sqrt(math.fsum((mean - centre) ** 2 for mean in means) / (resamples - 1))
    side = (1.0 - confidence) / 2.0
    plain = _between(means, side, 1.0 - side)
    return Bootstrap(plain, _bca(differences, means, side), standard_error, seed, resamples)


def cluster_bootstrap(
    clusters: Sequence[T],
    figures: Callable[[Mapping[T, int]], Mapping[str, float | None]],
    seed: int,
    resamples: int = 1_000,
    confidence: float = 0.95,
) -> dict[str, Interval | None]:
    """Percentile intervals of any figures, drawing whole clusters (examples) with replacement.

    ``figures`` gets how often each cluster was drawn. A figure that is undefined in more than one
    resample of twenty, or the same in all of them, has no interval (None): it would say nothing or
    too much. Raises TooFew with fewer than two clusters, StatisticsError below 100 resamples.
    """
    check_confidence(confidence)
    if len(clusters) < 2:
        raise TooFew("a bootstrap needs at least two examples", needed=2)
    if resamples < 100:
        raise StatisticsError("a bootstrap needs at least 100 resamples")
    # A resample is reproducible from its seed; nothing here guards a secret.
    draw = random.Random(seed).choices
    # Equal clusters are drawn and counted by one small number: that is faster than by themselves.
    numbers: dict[T, int] = {}
    numbered = [numbers.setdefault(one, len(numbers)) for one in clusters]
    kinds = list(numbers)
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        counts = Counter(draw(numbered, k=len(numbered)))
        for name, value in figures({kinds[one]: k for one, k in counts.items()}).items():
            known = drawn.setdefault(name, [])
            if value is not None:
                known.append(value)
    side = (1.0 - confidence) / 2.0
    return {
        name: _between(sorted(values), side, 1.0 - side)
        if len(values) >= 0.95 * resamples and max(values) - min(values) > 1e-12
        else None
        for name, values in drawn.items()
    }


def _between(means: Sequence[float], low: float, high: float) -> Interval:
    return Interval(percentile(means, low * 100.0), percentile(means, high * 100.0))


def _bca(differences: Sequence[float], means: Sequence[float], side: float) -> Interval | None:
    n = len(differences)
    observed = math.fsum(differences) / n
    below = sum(mean < observed for mean in means) + sum(mean <= observed for mean in means)
    share = below / (2 * len(means))
    # Leaving one value out moves the mean by (mean - value) / (n - 1).
    pulls = [(value - observed) / (n - 1) for value in differences]
    squares = math.fsum(pull * pull for pull in pulls)
    if squares == 0.0 or not 0.0 < share < 1.0:
        return None
    acceleration = math.fsum(pull**3 for pull in pulls) / (6.0 * squares**1.5)
    bias = normal_quantile(share)

    def adjusted(p: float) -> float:
        z = bias + normal_quantile(p)
        return normal_cdf(bias + z / (1.0 - acceleration * z))

    low, high = adjusted(side), adjusted(1.0 - side)
    return _between(means, low, high) if 0.0 < low < high < 1.0 else None
