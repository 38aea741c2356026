"""The figures of a judge's measure: as it said them, and with its own errors taken out."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluations.metrics.types import Outcome
from evaluations.scorecards.document.estimates import Cell, kept
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.intervals import mean_t
from evaluations.statistics.judging import Confusion, corrected_rate

CLUSTERED = "delta method, clustered on the example"


def judged_figures(
    figures: Mapping[str, Any], judge: Mapping[str, Any], candidate: int, cells: Sequence[Cell]
) -> dict[str, Any]:
    """Return the figures of one candidate with counts, the corrected rate, and ``advisory``.

    ``advisory`` says why the measure decides nothing; empty where it may. The correction is over
    the answers that were judged: what is no pass there, errors included, was none when the judge
    was calibrated. ``cells`` are the candidate's: where an example was asked repeatedly, its
    answers are no independent ones, and the interval is clustered on the example.
    """
    counts: Mapping[str, int] = judge["counts"][candidate]
    return {
        **figures,
        "counts": dict(counts),
        "corrected": _corrected(counts, judge["calibration"], cells),
        "advisory": judge["why"],
    }


def _corrected(
    counts: Mapping[str, int], calibration: Mapping[str, Any] | None, cells: Sequence[Cell]
) -> dict[str, Any] | None:
    judged = sum(counts.values())
    if calibration is None or not judged:
        return None
    confusion = Confusion(**{name: int(count) for name, count in calibration["confusion"].items()})
    said = [cell for cell in cells if cell.reading.outcome != Outcome.MISSING]
    clusters = [cell.example for cell in said]
    error = None
    if len(set(clusters)) < len(clusters):
        error = mean_t([cell.reading.value or 0.0 for cell in said], clusters).standard_error
        if error is None:
            # Repeats of a single example say nothing of any other.
            return None
    try:
        found = corrected_rate(counts["pass"], judged, confusion, naive_error=error)
    except StatisticsError:
        return None
    return {
        "method": "delta method" if error is None else CLUSTERED,
        "value": kept(found.corrected),
        "low": kept(found.interval.low),
        "high": kept(found.interval.high),
        "n": judged,
    }
