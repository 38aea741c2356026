"""The distribution functions that the other modules need: normal, Student t, beta and binomial.

They are written out here because importing `scipy.special` costs each process about 47 MB and a
second, and `scipy.stats` about 96 MB. The tests compare them with `scipy.special` over wide grids.
Sources: regularised incomplete beta by Lentz's continued fraction (DLMF 8.17.22), roots by
Chandrupatla 1997.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

from evaluations.statistics.errors import StatisticsError

_NORMAL = NormalDist()
_TINY = 1e-300
_MAX_STEPS = 20_000


def check_confidence(confidence: float) -> None:
    """Raise StatisticsError unless 0 < confidence < 1."""
    if not 0.0 < confidence < 1.0:
        raise StatisticsError(f"confidence must lie between 0 and 1, not {confidence!r}")


def find_root(function: Callable[[float], float], low: float, high: float) -> float:
    """The root of a continuous function between `low` and `high`, where its signs differ.

    An end where the function is exactly 0 is returned as it is. Raises StatisticsError when the
    signs agree.
    """
    x1, x2 = high, low
    f1, f2 = function(x1), function(x2)
    if f2 == 0.0:
        return x2
    if f1 == 0.0:
        return x1
    if (f1 > 0.0) == (f2 > 0.0):
        raise StatisticsError("the function has the same sign at both ends")
    share = 0.5
    for _ in range(_MAX_STEPS):
        x = x1 + share * (x2 - x1)
        f = function(x)
        if (f > 0.0) == (f1 > 0.0):
            x3, f3, x1, f1 = x1, f1, x, f
        else:
            x3, f3, x2, f2, x1, f1 = x2, f2, x1, f1, x, f
        best, at_best = (x1, f1) if abs(f1) < abs(f2) else (x2, f2)
        smallest = (4e-16 * abs(best) + 1e-16) / abs(x2 - x1)
        if smallest > 0.5 or at_best == 0.0:
            break
        # Inverse quadratic interpolation where it is known to converge, else halving.
        share = 0.5
        if f3 in (f1, f2):
            continue
        a, b = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
        if b * b < a and (1.0 - b) * (1.0 - b) < 1.0 - a:
            share = f1 / (f2 - f1) * f3 / (f2 - f3) + (x3 - x1) / (x2 - x1) * f1 / (
                f3 - f1
            ) * f2 / (f3 - f2)
        share = min(max(share, smallest), 1.0 - smallest)
    return best


def normal_cdf(x: float) -> float:
    """P(Z <= x) of the standard normal."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def normal_quantile(p: float) -> float:
    """The x with P(Z <= x) = p, 0 < p < 1 (Wichura 1988, AS 241, from the standard library)."""
    if not 0.0 < p < 1.0:
        raise StatisticsError(f"a probability strictly between 0 and 1 is needed, not {p!r}")
    return _NORMAL.inv_cdf(p)


def two_sided_z(confidence: float) -> float:
    """The normal multiplier of a two-sided interval: 1.96 for 0.95."""
    check_confidence(confidence)
    return normal_quantile(0.5 + confidence / 2.0)


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    result = d
    for m in range(1, _MAX_STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 + step * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + step / c
            c = c if abs(c) > _TINY else _TINY
            result *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return result


def beta_cdf(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast on this side of the mean; on the other the complement is used.
    if x < (a + 1.0) / (a + b + 2.0):
        return math.exp(log_front) * _beta_fraction(a, b, x) / a
    return 1.0 - math.exp(log_front) * _beta_fraction(b, a, 1.0 - x) / b


def beta_quantile(a: float, b: float, p: float) -> float:
    """The x with I_x(a, b) = p, for 0 <= p <= 1."""
    if p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    return find_root(lambda x: beta_cdf(a, b, x) - p, 0.0, 1.0)


def t_two_sided_p(t: float, df: float) -> float:
    """P(|T| >= |t|) of Student's t with `df` degrees of freedom."""
    if math.isinf(t):
        return 0.0
    return beta_cdf(df / 2.0, 0.5, df / (df + t * t))


def t_cdf(t: float, df: float) -> float:
    """P(T <= t) of Student's t with `df` degrees of freedom."""
    tail = t_two_sided_p(t, df) / 2.0
    return tail if t < 0.0 else 1.0 - tail


@lru_cache(maxsize=4_096)
def t_multiplier(confidence: float, df: float) -> float:
    """The Student t multiplier of a two-sided interval: 2.262 for 0.95 and 9 degrees of freedom."""
    check_confidence(confidence)
    tail = 1.0 - confidence
    high = 2.0
    while t_two_sided_p(high, df) > tail:
        high *= 2.0
    return find_root(lambda t: t_two_sided_p(t, df) - tail, 0.0, high)


def binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X <= k) for X ~ Binomial(n, p)."""
    if k < 0:
        return 0.0
    if k >= n:
        return 1.0
    return beta_cdf(n - k, k + 1.0, 1.0 - p)


def binomial_pmf(k: int, n: int, p: float) -> float:
    """P(X = k) for X ~ Binomial(n, p)."""
    if not 0 <= k <= n:
        return 0.0
    if p <= 0.0 or p >= 1.0:
        return float(k == (0 if p <= 0.0 else n))
    choices = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(choices + k * math.log(p) + (n - k) * math.log1p(-p))


@lru_cache(maxsize=4_096)
def binomial_quantile(q: float, n: int, p: float) -> int:
    """The smallest k with P(X <= k) >= q."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if binomial_cdf(middle, n, p) >= q:
            high = middle
        else:
            low = middle + 1
    return low


def fair_coin_tail(k: int, n: int) -> float:
    """P(X <= k) for X ~ Binomial(n, 1/2), from whole numbers, so without rounding in the sum."""
    return sum(math.comb(n, i) for i in range(k + 1)) / (1 << n)


def fair_coin_pmf(k: int, n: int) -> float:
    """P(X = k) for X ~ Binomial(n, 1/2), from whole numbers."""
    return math.comb(n, k) / (1 << n)
