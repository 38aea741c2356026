"""The geometry of the small plots: from figures to coordinates, as text for SVG attributes.

Coordinates are formatted here, because a template would write 0.5 in the style of the language.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, EDGE = 112.0, 6.0


def _at(position: float) -> str:
    return f"{position:.1f}"


@dataclass(frozen=True, slots=True)
class IntervalPlot:
    """An estimate with its interval on a track from ``lo`` to ``hi``, and the floor if any.

    ``relation`` says where the interval lies: above, below or across the floor; empty without one.
    """

    point: str
    start: str
    end: str
    floor: str
    relation: str
    words: str


def interval_plot(
    value: float,
    low: float,
    high: float,
    *,
    floor: float | None = None,
    label: str = "",
    lo: float = 0.0,
    hi: float = 1.0,
    digits: int = 2,
) -> IntervalPlot:
    """Return the plot of ``value`` with the interval ``low`` to ``high`` (all in one unit).

    What lies outside ``lo`` to ``hi`` is drawn at the edge; the words always give the figures.
    Raises ValueError when ``lo`` is not below ``hi``.
    """
    if not lo < hi:
        raise ValueError(f"the scale of a plot goes up: lo={lo}, hi={hi}")

    def x(figure: float) -> str:
        share = min(1.0, max(0.0, (figure - lo) / (hi - lo)))
        return _at(EDGE + share * (WIDTH - 2 * EDGE))

    words = f"{value:.{digits}f}, 95 % interval {low:.{digits}f} to {high:.{digits}f}"
    relation = ""
    if floor is not None:
        relation = "above" if low >= floor else "below" if high < floor else "across"
        told = {
            "above": "the whole interval is at or above it",
            "below": "the whole interval is below it",
            "across": "the interval reaches across it",
        }[relation]
        words += f", floor {floor:.{digits}f}: {told}"
    return IntervalPlot(
        point=x(value),
        start=x(low),
        end=x(high),
        floor="" if floor is None else x(floor),
        relation=relation,
        words=f"{label}: {words}" if label else words,
    )


@dataclass(frozen=True, slots=True)
class Spark:
    """A line without axes: ``path`` for the line, ``end_x`` and ``end_y`` for its last point."""

    path: str
    end_x: str
    end_y: str
    words: str


def sparkline(
    values: Sequence[float | None], *, label: str = "", width: float = 96.0, height: float = 24.0
) -> Spark | None:
    """Return the line through ``values``, oldest first; a None leaves a gap.

    Returns None when there are fewer than two figures: one point is not a course.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = (width - 4) / (len(values) - 1)
    parts: list[str] = []
    end = ("", "")
    pen = "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        share = 0.5 if high == low else (value - low) / (high - low)
        end = (_at(2 + index * step), _at(height - 3 - share * (height - 6)))
        parts.append(f"{pen}{end[0]} {end[1]}")
        pen = "L"
    words = (
        f"{len(known)} values from {known[0]:g} to {known[-1]:g}, lowest {low:g}, highest {high:g}"
    )
    return Spark("".join(parts), *end, f"{label}: {words}" if label else words)


def bar_width(value: float, maximum: float) -> str:
    """Return the width of a bar in percent of its row, for an SVG attribute."""
    share = 0.0 if maximum <= 0 else min(1.0, max(0.0, value / maximum))
    return f"{share * 100:.2f}%"
