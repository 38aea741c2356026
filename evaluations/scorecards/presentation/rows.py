"""What the pages of a scorecard show, as plain rows: cells are text already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.judges.enums import Standing as JudgeStanding
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.scorecards.document.words import amount, span
from evaluations.scorecards.enums import Fit, Standing
from portal.shell.formats import MISSING
from portal.shell.plots import IntervalChart


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its interval, as text; ``value``, ``low`` and ``high`` are for the plot."""

    text: str
    interval: str
    n: int
    planned: int
    missing: int
    errors: int
    refused: int
    method: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate of the main table."""

    name: str
    where: str
    wins: bool
    standing: Standing
    words: str
    primary: Figure
    refused: float | None
    latency: float | None
    per_1000: float | None
    over: tuple[str, ...]
    lost: float
    answered: int
    planned: int


@dataclass(frozen=True, slots=True)
class SummaryGrid:
    """A table over all answers of one candidate; cells are text already."""

    name: str
    label: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """One kind or tag in one measure, a figure for each candidate in the order of the rows."""

    what: str
    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class RankRow:
    """One candidate of the ranking: its place, or why it has none, and whom it shares it with."""

    name: str
    place: int | None
    value: str
    vetoes: tuple[str, ...]
    tied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """All candidates in one measure, with the comparison to the reference."""

    label: str
    definition: str
    rows: tuple[tuple[str, Figure, str], ...]
    share: bool
    chart: IntervalChart | None
    slices: tuple[Slice, ...]
    overall: tuple[tuple[str, tuple[Figure, ...]], ...]
    grids: tuple[SummaryGrid, ...]


@dataclass(frozen=True, slots=True)
class FitRow:
    """One candidate against the brief's limits."""

    name: str
    fits: tuple[tuple[Fit, str, str], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One earlier run, as it stood when the scorecard was published."""

    facts: Mapping[str, Any]
    purpose: RunPurpose
    state: RunState
    spent: str


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One candidate by one judge: as it said, and with its errors taken out."""

    name: str
    naive: Figure
    corrected: str
    corrected_interval: str
    corrected_method: str
    counts: Mapping[str, int]

    @property
    def judged(self) -> int:
        """How many answers it was asked about."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class JudgeTable:
    """One judge of the run with every candidate."""

    facts: Mapping[str, Any]
    standing: JudgeStanding
    rows: tuple[JudgedRow, ...]


@dataclass(frozen=True, slots=True)
class ScorecardView:
    """Everything that the pages of one scorecard show."""

    document: Mapping[str, Any]
    rows: tuple[CandidateRow, ...]
    primary: Mapping[str, Any]
    floor: float | None
    floor_words: str
    scale_low: float
    kinds: tuple[tuple[str, Figure], ...]
    kinds_of: str
    tables: tuple[MeasureTable, ...]
    limits: tuple[tuple[str, str], ...]
    calls_at_once: int | None
    fits: tuple[FitRow, ...]
    attempts: tuple[Attempt, ...]
    winner: str
    ranking: tuple[RankRow, ...]
    ranking_words: str
    weights: tuple[tuple[str, str], ...]
    slices_title: str
    slices: tuple[Slice, ...]
    spent: str
    judges: tuple[JudgeTable, ...] = ()


def figure(figures: Mapping[str, Any], unit: str) -> Figure:
    """Return the figures of one measure as text."""
    value, low, high = figures["value"], figures["low"], figures["high"]
    if value is None:
        text, interval = MISSING, "not measured"
    else:
        text = amount(value, unit)
        known = low is not None and high is not None
        interval = span(low, high, unit) if known else figures["method"]
    return Figure(
        text=text,
        interval=interval,
        n=figures["n"],
        planned=figures["planned"],
        missing=figures["planned"] - figures["n"] - figures["errors"],
        errors=figures["errors"],
        refused=figures["refused"],
        method=figures["method"],
        value=value,
        low=low,
        high=high,
    )
