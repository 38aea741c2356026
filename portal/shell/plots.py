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


CHART, ROW, HEAD, TAIL = 360.0, 34.0, 16.0, 20.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row of a chart: a name, its figure as text, and the interval where there is one."""

    label: str
    text: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ChartRow:
    """Where one estimate is drawn; without an interval ``start`` is empty, without a value too
    ``point``. ``relation`` is good, bad or across the floor, or empty."""

    label: str
    text: str
    y: str
    words_y: str
    point: str
    start: str
    end: str
    relation: str


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Estimates under each other on one scale, with the floor through all of them."""

    height: str
    rows: tuple[ChartRow, ...]
    ticks: tuple[tuple[str, str, str], ...]
    axis_y: str
    floor: str
    floor_text: str
    floor_anchor: str
    words: str


def interval_chart(
    estimates: Sequence[Estimate],
    *,
    label: str,
    lo: float,
    hi: float,
    ticks: Sequence[tuple[float, str]],
    floor: float | None = None,
    floor_text: str = "",
    up: bool = True,
) -> IntervalChart:
    """Return the chart of ``estimates`` from ``lo`` to ``hi``; ``up`` when more is better.

    What lies outside is drawn at the edge; every figure stands there as text. Raises ValueError
    when ``lo`` is not below ``hi``.
    """
    if not lo < hi:
        raise ValueError(f"the scale of a chart goes up: lo={lo}, hi={hi}")

    def x(figure: float) -> float:
        share = min(1.0, max(0.0, (figure - lo) / (hi - lo)))
        return EDGE + share * (CHART - 2 * EDGE)

    rows = []
    for place, one in enumerate(estimates):
        top = HEAD + place * ROW
        known = one.low is not None and one.high is not None
        rows.append(
            ChartRow(
                label=one.label,
                text=one.text,
                y=_at(top + 24),
                words_y=_at(top + 13),
                point="" if one.value is None else _at(x(one.value)),
                start="" if one.low is None or not known else _at(x(one.low)),
                end="" if one.high is None or not known else _at(x(one.high)),
                relation=_relation(one.low, one.high, floor, up),
            )
        )
    bottom = HEAD + len(rows) * ROW
    last = len(ticks) - 1
    anchors = ["start" if at == 0 else "end" if at == last else "middle" for at in range(last + 1)]
    told = "; ".join(f"{one.label} {one.text}" for one in estimates)
    at = None if floor is None else x(floor)
    return IntervalChart(
        height=_at(bottom + TAIL),
        rows=tuple(rows),
        ticks=tuple(
            (_at(x(figure)), text, anchor)
            for (figure, text), anchor in zip(ticks, anchors, strict=True)
        ),
        axis_y=_at(bottom + 4),
        floor="" if at is None else _at(at),
        floor_text=floor_text,
        floor_anchor="" if at is None else "end" if at > CHART / 2 else "start",
        words=f"{label}: {told}{f'; {floor_text}' if floor_text else ''}",
    )


def _relation(low: float | None, high: float | None, floor: float | None, up: bool) -> str:
    if floor is None or low is None or high is None:
        return ""
    good = low >= floor if up else high <= floor
    bad = high < floor if up else low > floor
    return "above" if good else "below" if bad else "across"


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
