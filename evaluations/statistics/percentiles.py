"""Percentiles of latency and cost, with distribution-free intervals from order statistics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluations.statistics.distributions import binomial_quantile, check_confidence
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.intervals import Interval, check_values


@dataclass(frozen=True, slots=True)
class PercentileEstimate:
    """A percentile in the unit of the values.

    `interval` is None when n is too small for a finite limit on both sides; `smallest_n` says how
    many values would do: 36 for p90, 72 for p95, 368 for p99. `low` and `high` hold whichever limit
    there is.
    """

    p: float
    n: int
    value: float
    low: float | None
    high: float | None
    smallest_n: int

    @property
    def interval(self) -> Interval | None:
        """Both limits, or None when one of them is missing."""
        return None if self.low is None or self.high is None else Interval(self.low, self.high)


def _check_p(p: float) -> None:
    if not 0.0 < p < 100.0:
        raise StatisticsError(f"p is a percentage strictly between 0 and 100, not {p!r}")


def percentile(
    values: Sequence[float], p: float, method: Literal["linear", "inverted_cdf"] = "linear"
) -> float:
    """The p-th percentile (p in percent). Raises TooFew without values.

    `linear` is PostgreSQL's percentile_cont and numpy's default, `inverted_cdf` is percentile_disc:
    always one of the values.
    """
    check_values(values)
    _check_p(p)
    ordered = sorted(values)
    n = len(ordered)
    if method == "inverted_cdf":
        # Rounding in n * p / 100 must not push an exact whole number up to the next value.
        return ordered[max(0, math.ceil(n * p / 100.0 - 1e-9) - 1)]
    position = (n - 1) * p / 100.0
    below = math.floor(position)
    above = min(below + 1, n - 1)
    between = ordered[below] + (ordered[above] - ordered[below]) * (position - below)
    return min(between, ordered[above])


def smallest_n(p: float, confidence: float = 0.95) -> int:
    """The smallest number of values for which both limits of the p-th percentile are finite."""
    _check_p(p)
    check_confidence(confidence)
    farther = max(p, 100.0 - p) / 100.0
    return math.ceil(math.log((1.0 - confidence) / 2.0) / math.log(farther))


def percentile_interval(
    values: Sequence[float], p: float, confidence: float = 0.95
) -> PercentileEstimate:
    """The p-th percentile with its interval from order statistics.

    Conover 1999, section 3.2, as in scipy's quantile_test. Holds for every distribution. Raises
    TooFew without values.
    """
    value = percentile(values, p)
    needed = smallest_n(p, confidence)
    ordered = sorted(values)
    n = len(ordered)
    side = (1.0 - confidence) / 2.0
    below = binomial_quantile(side, n, p / 100.0) - 1
    above = binomial_quantile(1.0 - side, n, p / 100.0)
    low = ordered[below] if below >= 0 else None
    high = ordered[above] if above < n else None
    return PercentileEstimate(p, n, value, low, high, needed)
