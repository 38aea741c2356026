"""Candidates against each other on the same examples, and what this many could have shown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluations.metrics.types import Scale
from evaluations.scorecards.document.estimates import Cell, by_example, kept, point_estimate
from evaluations.scorecards.document.measures import Measure
from evaluations.scorecards.document.words import comparison_words, power_words
from evaluations.statistics.comparison import (
    Comparison,
    Verdict,
    adjust,
    compare_binary,
    compare_graded,
    compare_quantity,
)
from evaluations.statistics.distributions import normal_quantile, two_sided_z
from evaluations.statistics.intervals import Interval
from evaluations.statistics.power import (
    needed_n_to_detect,
    smallest_detectable_difference,
    smallest_detectable_mean_difference,
)

# What two models differ on before anything is known: one example in ten.
USUAL_DISCORDANCE = 0.1
LARGEST_NEEDED = 100_000


@dataclass(frozen=True)
class Column:
    """One candidate's readings of one measure."""

    name: str
    measure: Measure
    cells: Sequence[Cell]

    @cached_property
    def lost(self) -> float:
        """The share of planned calls that gave no value; 1 when none was planned."""
        known = sum(cell.reading.value is not None for cell in self.cells)
        return 1.0 - known / len(self.cells) if self.cells else 1.0

    @cached_property
    def means(self) -> Mapping[int, float | None]:
        """Each example's mean over its repeats: see `by_example`."""
        return by_example(self.measure, self.cells)

    @cached_property
    def value(self) -> float | None:
        """The value of the measure, without its interval."""
        return point_estimate(self.measure, self.cells)


def compared(
    measure: Measure,
    pairs: Sequence[tuple[Column, Column]],
    *,
    error_rate_max: float,
) -> list[dict[str, Any]]:
    """Return each pair (a, b) compared, a minus b, with Holm's correction over all of them.

    A candidate of which more than ``error_rate_max`` is missing is better or worse than nobody.
    """
    found = adjust(_compare(measure, a, b) for a, b in pairs)
    rows = []
    for (a, b), one in zip(pairs, found, strict=True):
        lost = [x.name for x in (a, b) if x.lost > error_rate_max]
        verdict = Verdict.CANNOT_TELL if lost else one.verdict
        rows.append(
            {
                "a": a.name,
                "b": b.name,
                "difference": kept(one.difference),
                **_limits(one.interval, ""),
                "p": kept(one.p),
                "p_adjusted": kept(one.p_adjusted),
                "verdict": verdict.value,
                "n": one.n,
                "left_out": one.left_out,
                "method": one.method,
                "ratio": kept(one.ratio),
                **_limits(one.ratio_interval, "ratio_"),
                "too_many_missing": lost,
            }
        )
    return rows


def _limits(interval: Interval | None, prefix: str) -> dict[str, float | None]:
    return {
        f"{prefix}low": kept(interval.low) if interval else None,
        f"{prefix}high": kept(interval.high) if interval else None,
    }


def _values(a: Column, b: Column) -> tuple[list[float | None], list[float | None]]:
    examples = sorted(a.means.keys() | b.means.keys())
    return [a.means.get(one) for one in examples], [b.means.get(one) for one in examples]


def _compare(measure: Measure, a: Column, b: Column) -> Comparison:
    left, right = _values(a, b)
    better = measure.higher_is_better
    if not measure.is_share:
        return compare_quantity(left, right, higher_is_better=better)
    if _is_binary(measure, left, right):
        return compare_binary(_passes(left), _passes(right), higher_is_better=better)
    return compare_graded(left, right, higher_is_better=better)


def _is_binary(
    measure: Measure, left: Sequence[float | None], right: Sequence[float | None]
) -> bool:
    # With repeats the means of a pass/fail measure lie in between, and pairs are no longer counts.
    return measure.scale is Scale.BINARY and all(
        value in (None, 0.0, 1.0) for value in (*left, *right)
    )


def _passes(values: Sequence[float | None]) -> list[bool | None]:
    return [None if value is None else value == 1.0 for value in values]


def headline(
    measure: Measure, columns: Sequence[Column], *, error_rate_max: float
) -> dict[str, Any] | None:
    """Return the best candidate against the next one, in figures and in words.

    The pair is picked after the fact, so Holm's correction goes over every pair of candidates.
    None when there is nobody to compare with.
    """
    ranked = ranking(measure, columns)
    if len(ranked) < 2:
        return None
    pairs = [(a, b) for place, a in enumerate(ranked) for b in ranked[place + 1 :]]
    rows = compared(measure, pairs, error_rate_max=error_rate_max)
    first = rows[0]
    power = power_of(measure, ranked[0], ranked[1]) if measure.is_share else None
    return {
        "measure": measure.key,
        "pairs": rows,
        "leader": ranked[0].name,
        "runner_up": ranked[1].name,
        "separable": first["verdict"] == Verdict.BETTER.value,
        "words": comparison_words(first, measure.unit, measure.is_share),
        "verdict_words": _verdict_words(first),
        "power": power,
        "power_words": power_words(power) if power else "",
    }


def _verdict_words(pair: Mapping[str, Any]) -> str:
    if pair["too_many_missing"]:
        names = " and ".join(pair["too_many_missing"])
        return f"cannot tell: too many answers of {names} are missing"
    if pair["verdict"] == Verdict.BETTER.value:
        return f"{pair['a']} is better"
    return "cannot tell them apart"


def ranking(measure: Measure, columns: Sequence[Column]) -> list[Column]:
    """Return the candidates from best to worst value; without a value last; ties in plan order."""

    def rank(column: Column) -> tuple[bool, float]:
        value = column.value
        if value is None:
            return True, 0.0
        return False, -value if measure.higher_is_better else value

    return sorted(columns, key=rank)


def power_of(measure: Measure, a: Column, b: Column) -> dict[str, Any]:
    """Return what this many pairs of a score could have shown, and how many would tell the gap."""
    left, right = _values(a, b)
    pairs = [
        (one, other)
        for one, other in zip(left, right, strict=True)
        if one is not None and other is not None
    ]
    differences = [one - other for one, other in pairs]
    n = len(differences)
    gap = math.fsum(differences) / n if n else 0.0
    if _is_binary(measure, left, right):
        seen = sum(difference != 0.0 for difference in differences) / n if n else 0.0
        share = seen or USUAL_DISCORDANCE
        smallest = smallest_detectable_difference(n, share) if n else None
        needed = needed_n_to_detect(gap, share) if gap and abs(gap) <= share else None
        spread = {"discordant": kept(share), "assumed": not seen}
    else:
        deviation = _deviation(differences, gap)
        smallest = (
            smallest_detectable_mean_difference(n, deviation) if n > 1 and deviation else None
        )
        needed = None
        if gap and deviation:
            reach = (two_sided_z(0.95) + normal_quantile(0.8)) * deviation
            needed = math.ceil(min((reach / gap) ** 2, LARGEST_NEEDED))
        spread = {"deviation": kept(deviation), "assumed": False}
    if needed is not None and (needed <= n or needed >= LARGEST_NEEDED):
        needed = None
    return {"n": n, "smallest": kept(smallest), "needed_n": needed, **spread}


def _deviation(differences: Sequence[float], mean: float) -> float:
    if len(differences) < 2:
        return 0.0
    return math.sqrt(math.fsum((one - mean) ** 2 for one in differences) / (len(differences) - 1))
