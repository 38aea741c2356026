"""One measure of one candidate: its value with n, what is missing, and how sure it is."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evaluations.metrics.types import Outcome
from evaluations.scorecards.document.measures import MISSING, Measure, Reading
from evaluations.scorecards.document.rows import Example, ResultRow
from evaluations.statistics.intervals import mean_t, wilson
from evaluations.statistics.percentiles import percentile, percentile_interval

# Digits behind the point that a document keeps: beyond them, libraries of mathematics differ.
DIGITS = 10
_ERROR = Outcome.ERROR.value
Table = Mapping[tuple[int, int], ResultRow]


def kept(value: float | None) -> float | None:
    """Return ``value`` as documents store it: ten digits behind the point, never -0 or NaN."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, DIGITS) + 0.0


class Cell(NamedTuple):
    """What one planned call says in one measure; a call without a result is missing."""

    example: int
    reading: Reading
    refused: bool


def cells_of(
    measure: Measure,
    examples: Sequence[Example],
    table: Table,
    repeats: int,
    kind: str = "",
) -> list[Cell]:
    """Return the planned calls of one candidate that count for ``measure``, in their order.

    ``table`` holds the candidate's results by (example, repeat); ``kind`` narrows to examples of
    one kind.
    """
    found = []
    for place, example in enumerate(examples):
        if kind and example.kind != kind:
            continue
        for repeat in range(1, repeats + 1):
            row = table.get((place, repeat))
            if not measure.applies(example, row):
                continue
            reading = MISSING if row is None else measure.read(example, row)
            found.append(Cell(place, reading, row is not None and row.refused))
    return found


def by_example(measure: Measure, cells: Sequence[Cell]) -> dict[int, float | None]:
    """Return each example's mean over its repeats.

    In a share a missing answer counts as 0, so that no failure can raise a value; in a quantity
    there is nothing it could count as, and it is left out (None when nothing is left).
    """
    values: dict[int, list[float]] = {}
    is_share = measure.is_share
    for example, reading, _ in cells:
        known = values.get(example)
        if known is None:
            known = values[example] = []
        if reading.value is not None:
            known.append(reading.value)
        elif is_share:
            known.append(0.0)
    return {example: _mean(known) for example, known in values.items()}


def _mean(values: Sequence[float]) -> float | None:
    if len(values) == 1:
        return values[0] + 0.0
    return math.fsum(values) / len(values) if values else None


def by_slice(
    cells: Sequence[Cell], of: Sequence[Sequence[str]], names: Sequence[str]
) -> dict[str, list[Cell]]:
    """Return the cells of each slice in ``names``; ``of`` says which ones each example is in."""
    found: dict[str, list[Cell]] = {name: [] for name in names}
    for cell in cells:
        for name in of[cell.example]:
            found[name].append(cell)
    return found


def estimate(
    measure: Measure, cells: Sequence[Cell], known: Mapping[int, float | None] | None = None
) -> dict[str, Any]:
    """Return the figures of one measure; ``known`` are the means of its examples (`by_example`) of
    more cells, where they were made before.

    ``planned`` calls count for it, ``n`` of them have a value, ``missing`` and ``errors`` have
    none, ``refused`` were refused by the model. ``low`` and ``high`` are the 95 % interval; None
    where too few values carry none, which ``smallest_n`` then explains.
    """
    scored = [reading.value for _, reading, _ in cells if reading.value is not None]
    errors = sum(reading.outcome == _ERROR for _, reading, _ in cells)
    figures: dict[str, Any] = {
        "planned": len(cells),
        "n": len(scored),
        "missing": len(cells) - len(scored) - errors,
        "errors": errors,
        "refused": sum(refused for _, _, refused in cells),
        "value": None,
        "low": None,
        "high": None,
        "method": "",
    }
    if not scored:
        return figures
    if measure.percentile is not None:
        return figures | _percentiles(scored, measure.percentile)
    if known is None:
        known = by_example(measure, cells)
    wanted = dict.fromkeys([example for example, _, _ in cells])
    means = [mean for mean in map(known.get, wanted) if mean is not None]
    return figures | (_share(means) if measure.is_share else _amount(means))


def point_estimate(measure: Measure, cells: Sequence[Cell]) -> float | None:
    """Return the value of `estimate` alone, which costs no interval."""
    scored = [cell.reading.value for cell in cells if cell.reading.value is not None]
    if not scored:
        return None
    if measure.percentile is not None:
        return kept(percentile(scored, measure.percentile))
    means = [mean for mean in by_example(measure, cells).values() if mean is not None]
    return kept(math.fsum(means) / len(means))


def _share(means: Sequence[float]) -> dict[str, Any]:
    value = math.fsum(means) / len(means)
    if all(mean in (0.0, 1.0) for mean in means):
        # Graded values that are all 0 or 1 are passes and failures, and t is wrong for those.
        limits = wilson(sum(mean == 1.0 for mean in means), len(means))
        return {
            "value": kept(value),
            "low": kept(limits.low),
            "high": kept(limits.high),
            "method": "Wilson",
        }
    interval = mean_t(means).interval
    if interval is None or interval.high - interval.low <= 1e-12:
        return {"value": kept(value), "method": "no interval: every value is the same"}
    return {
        "value": kept(value),
        "low": kept(max(0.0, interval.low)),
        "high": kept(min(1.0, interval.high)),
        "method": "t over examples",
    }


def _amount(means: Sequence[float]) -> dict[str, Any]:
    found = mean_t(means)
    if found.interval is None:
        return {"value": kept(found.mean), "method": "no interval for a single example"}
    return {
        "value": kept(found.mean),
        "low": kept(max(0.0, found.interval.low)),
        "high": kept(found.interval.high),
        "method": "t over examples",
    }


def _percentiles(values: Sequence[float], percent: float) -> dict[str, Any]:
    found, middle = percentile_interval(values, percent), percentile_interval(values, 50.0)
    interval = found.interval
    return {
        "value": kept(found.value),
        "low": kept(interval.low) if interval else None,
        "high": kept(interval.high) if interval else None,
        "method": "order statistics" if interval else f"no interval below n = {found.smallest_n}",
        "smallest_n": found.smallest_n,
        "p50": {
            "value": kept(middle.value),
            "low": kept(middle.low) if middle.interval else None,
            "high": kept(middle.high) if middle.interval else None,
        },
    }


def lost_share(figures: Mapping[str, Any]) -> float:
    """Return the share of planned calls that gave no value; 1 when none was planned."""
    planned = int(figures["planned"])
    return 1.0 - int(figures["n"]) / planned if planned else 1.0
