"""The figures of a judge's measure: as it said them, and with its own errors taken out."""

from collections.abc import Mapping
from typing import Any

from evaluations.scorecards.document.estimates import kept
from evaluations.statistics.errors import StatisticsError
from evaluations.statistics.judging import Confusion, corrected_rate


def judged_figures(
    figures: Mapping[str, Any], judge: Mapping[str, Any], candidate: int
) -> dict[str, Any]:
    """Return the figures of one candidate with counts, the corrected rate, and ``advisory``.

    ``advisory`` says why the measure decides nothing; empty where it may. The correction is over
    the answers that were judged: what is no pass there, errors included, was none when the judge
    was calibrated.
    """
    counts: Mapping[str, int] = judge["counts"][candidate]
    return {
        **figures,
        "counts": dict(counts),
        "corrected": _corrected(counts, judge["calibration"]),
        "advisory": judge["why"],
    }


def _corrected(
    counts: Mapping[str, int], calibration: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    judged = sum(counts.values())
    if calibration is None or not judged:
        return None
    confusion = Confusion(**{name: int(count) for name, count in calibration["confusion"].items()})
    try:
        found = corrected_rate(counts["pass"], judged, confusion)
    except StatisticsError:
        return None
    return {
        "value": kept(found.corrected),
        "low": kept(found.interval.low),
        "high": kept(found.interval.high),
        "n": judged,
    }
