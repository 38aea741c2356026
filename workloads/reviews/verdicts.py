"""The machine's verdict: a criterion and a measurement in, pass, fail or inconclusive out. Pure."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeGuard

from workloads.reviews.enums import Comparator, Rule, Verdict


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked: the numbers of one criterion. ``margin`` is for the rule not_worse."""

    comparator: str
    threshold: float
    rule: str
    min_n: int = 1
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was seen.

    ``value`` with its interval from ``n`` results; ``missing`` counts results that never came or
    could not be scored. For the rule not_worse, value, low and high are the paired difference to
    the baseline (build minus baseline, turned so that more is better), with the 90 % interval.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and the sentence that explains it."""

    verdict: Verdict
    words: str


def number(value: float | Decimal) -> str:
    """Return a figure for a sentence: at most four decimals, no trailing zeros."""
    text = f"{float(value):.4f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def _alike(*values: float) -> list[str]:
    """Return the figures of one sentence with the decimals of the finest of them."""
    digits = max(len(number(value).partition(".")[2]) for value in values)
    return [f"{round(value, digits) + 0.0:.{digits}f}" for value in values]


def judge(bar: Bar, seen: Measurement, *, missing_max: float) -> Judged:
    """Return the verdict of ``bar`` on ``seen``.

    Nothing passes by absence: no value, fewer than ``min_n`` results, or a share of missing
    results above ``missing_max`` (0 to 1) is inconclusive, and so is an interval that
    straddles the bar.
    """
    if seen.value is None or not math.isfinite(seen.value) or seen.n <= 0:
        return Judged(Verdict.INCONCLUSIVE, "Nothing was measured.")
    if seen.n < bar.min_n:
        return Judged(
            Verdict.INCONCLUSIVE, f"Only {seen.n} results; the criterion asks for {bar.min_n}."
        )
    share = seen.missing / (seen.n + seen.missing)
    if share > missing_max:
        words = f"{seen.missing} of {seen.n + seen.missing} results are missing or in error."
        return Judged(Verdict.INCONCLUSIVE, words)
    if bar.rule == Rule.POINT:
        return _point(bar, seen.value)
    if not _known(seen.low) or not _known(seen.high):
        return Judged(Verdict.INCONCLUSIVE, "There is no interval for this few results.")
    if bar.rule == Rule.NOT_WORSE:
        return _not_worse(float(bar.margin or 0), seen.value, seen.low, seen.high)
    return _interval(bar, seen.low, seen.high)


def _known(figure: float | None) -> TypeGuard[float]:
    return figure is not None and math.isfinite(figure)


def _sign(bar: Bar) -> str:
    return "≥" if bar.comparator == Comparator.AT_LEAST else "≤"


def _point(bar: Bar, value: float) -> Judged:
    good = (
        value >= bar.threshold if bar.comparator == Comparator.AT_LEAST else value <= bar.threshold
    )
    seen, wanted = _alike(value, bar.threshold)
    words = f"{seen} against {_sign(bar)} {wanted}."
    return Judged(Verdict.PASS if good else Verdict.FAIL, words)


def _interval(bar: Bar, low: float, high: float) -> Judged:
    wanted = bar.threshold
    texts = _alike(low, high, wanted)
    words = f"the interval is {texts[0]} to {texts[1]}"
    if bar.comparator == Comparator.AT_LEAST:
        clears, misses = low >= wanted, high < wanted
    else:
        clears, misses = high <= wanted, low > wanted
    bar_words = f"{_sign(bar)} {texts[2]}"
    if clears:
        return Judged(Verdict.PASS, f"All of it clears {bar_words}: {words}.")
    if misses:
        return Judged(Verdict.FAIL, f"None of it clears {bar_words}: {words}.")
    return Judged(
        Verdict.INCONCLUSIVE, f"{words[0].upper()}{words[1:]}, on both sides of {bar_words}."
    )


def _not_worse(margin: float, difference: float, low: float, high: float) -> Judged:
    seen, least, most, allowed = _alike(difference, low, high, margin)
    words = f"{seen} ({least} to {most}), margin {allowed}"
    if low > -margin:
        return Judged(Verdict.PASS, f"Shown not worse: {words}.")
    if high < -margin:
        return Judged(Verdict.FAIL, f"Worse: {words}.")
    return Judged(Verdict.INCONCLUSIVE, f"Not shown: {words}; more examples would settle it.")
