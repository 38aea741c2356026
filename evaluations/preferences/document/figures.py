"""How figures stand in the document."""

import math

from evaluations.statistics.intervals import Interval

# Digits behind the point that a document keeps: beyond them, libraries of mathematics differ.
DIGITS = 10


def kept(value: float | None) -> float | None:
    """Return ``value`` as documents store it: ten digits behind the point, never -0 or NaN."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, DIGITS) + 0.0


def ends(interval: Interval | None) -> dict[str, float | None]:
    """Return the two ends of an interval as they are stored; None without one."""
    return {
        "low": kept(interval.low) if interval else None,
        "high": kept(interval.high) if interval else None,
    }
