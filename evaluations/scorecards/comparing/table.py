"""The table of examples: what each side scored, what differs, and what that shows as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from evaluations.datasets.heldout import Sight
from evaluations.datasets.models import ExampleRevision
from evaluations.scorecards.comparing.opinions import advice_on, is_judged
from evaluations.scorecards.comparing.readings import Places, Reading, Said, readings_of
from evaluations.scorecards.comparing.sides import Side
from evaluations.scorecards.document.comparisons import Column, compared
from evaluations.scorecards.document.estimates import Cell, by_example, cells_of
from evaluations.scorecards.document.measures import WEIGHTED, Measure, measures_of
from evaluations.scorecards.document.words import comparison_words, figure
from portal.common.policy import policy

PAGE_SIZE = 200
# Two values that print alike are alike: a mean of repeats has no exact digits.
CLOSE = 1e-9


class Show(StrEnum):
    """Which examples are listed."""

    ALL = "all"
    DIFFERENT = "different"
    SCORES = "scores"
    WORSE = "regressions"
    BETTER = "improvements"


SHOW_LABELS: Mapping[Show, str] = {
    Show.ALL: "All examples",
    Show.DIFFERENT: "Only differences",
    Show.SCORES: "Only other scores",
    Show.WORSE: "Regressions only",
    Show.BETTER: "Improvements only",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; an unknown value narrows to nothing known and is left out."""

    show: Show = Show.ALL
    kind: str = ""
    tag: str = ""
    metric: str = ""


def filters_in(given: Mapping[str, str]) -> Filters:
    """Return the filters that an address asks for; what is unknown is left out."""
    shown = given.get("show", "")
    return Filters(
        Show(shown) if shown in list(Show) else Show.ALL,
        given.get("kind", "")[:40],
        given.get("tag", "")[:40],
        given.get("metric", "")[:120],
    )


@dataclass(frozen=True, slots=True)
class Spot:
    """One side of one example. ``change`` is "", "better", "worse" or "other" against side A."""

    value: float | None
    applies: bool
    said: Said
    change: str

    @property
    def words(self) -> str:
        """The value as text."""
        return "no value" if self.value is None else figure(self.value, 2)


@dataclass(frozen=True, slots=True)
class Line:
    """One example with a spot for each side; none where its scores are kept from the reader."""

    revision: ExampleRevision
    place: int
    kind: str
    tags: tuple[str, ...]
    spots: tuple[Spot, ...]
    withheld: bool = False

    @property
    def worse(self) -> bool:
        """Whether any side is worse than A."""
        return any(one.change == "worse" for one in self.spots)

    @property
    def better(self) -> bool:
        """Whether any side is better than A."""
        return any(one.change == "better" for one in self.spots)

    @property
    def other_scores(self) -> bool:
        """Whether any side scores otherwise than A."""
        return any(one.change for one in self.spots)

    @property
    def different(self) -> bool:
        """Whether answers or scores differ."""
        return self.other_scores or len({one.said.mark for one in self.spots}) > 1


@dataclass(frozen=True, slots=True)
class Table:
    """What a comparison shows: every example that all sides have, and those that pass the filter.

    ``only_in_some`` counts examples that not every side has; ``words`` say for each further side
    how it compares with A over all shown examples of the filter's slice. ``advice`` says why the
    measure decides nothing, where a judge gives it that may not.
    """

    sides: Sequence[Side]
    measures: Sequence[Measure]
    measure: Measure | None
    filters: Filters
    kinds: Sequence[str]
    tags: Sequence[str]
    lines: Sequence[Line]
    counts: Mapping[Show, int]
    only_in_some: int
    words: Sequence[tuple[str, str, str]]
    advice: Sequence[str]


def compare_sides(sides: Sequence[Side], filters: Filters, *, sight: Sight) -> Table:
    """Return the table of ``sides``, in three queries; a few more where a judge is the measure.

    Examples that are kept from the reader stand in it without their tags, and no tag finds them.
    Where the reader writes prompts they have no scores either, and no filter but the kind finds
    them; ``words`` are over them too.
    """
    measures = _common(sides)
    measure = _chosen(measures, filters.metric, sides[0])
    by_judge = measure is not None and is_judged(measure)
    places = [_places(side, measure) for side in sides]
    readings = readings_of(sides, sight.hides, places=places, judged=by_judge)
    first = readings[0]
    everyone = [{one.pk for one in reading.revisions} for reading in readings]
    shared = set.intersection(*everyone)
    kinds = list(dict.fromkeys(one.kind for one in first.examples))
    tags = sorted({tag for one in first.examples for tag in one.tags})
    kept = Filters(
        filters.show,
        filters.kind if filters.kind in kinds else "",
        filters.tag if filters.tag in tags else "",
        measure.key if measure else "",
    )
    columns = [
        _column(side, reading, measure) for side, reading in zip(sides, readings, strict=True)
    ]
    lines: list[Line] = []
    inside: set[UUID] = set()
    for place, (revision, example) in enumerate(zip(first.revisions, first.examples, strict=True)):
        if revision.pk not in shared or (kept.kind and example.kind != kept.kind):
            continue
        if kept.tag and kept.tag not in example.tags:
            continue
        inside.add(revision.pk)
        if sight.withholds(revision):
            lines.append(Line(revision, place + 1, example.kind, (), (), withheld=True))
            continue
        base = columns[0].means.get(revision.pk)
        spots = []
        for reading, values in zip(readings, columns, strict=True):
            value = values.means.get(revision.pk)
            said = reading.said.get(revision.pk, _NOTHING)
            change = "" if values is columns[0] else _change(base, value, measure)
            applies = revision.pk in values.means
            spots.append(Spot(value, applies, said, change))
        lines.append(Line(revision, place + 1, example.kind, example.tags, tuple(spots)))
    return Table(
        sides=sides,
        measures=measures,
        measure=measure,
        filters=kept,
        kinds=kinds,
        tags=tags,
        lines=[one for one in lines if _listed(one, kept.show)],
        counts=_counted(lines),
        only_in_some=len(set.union(*everyone) - shared),
        words=_words(sides, columns, measure, inside),
        advice=advice_on(sides, measure.key) if by_judge and measure else (),
    )


def _places(side: Side, measure: Measure | None) -> Places:
    """The metrics of a side's plan that a measure reads; all where it weighs several."""
    if measure is None:
        return frozenset()
    if measure.key == WEIGHTED:
        return None
    own = next(one for one in measures_in(side) if one.key == measure.key)
    return frozenset({own.place})


def _listed(line: Line, show: Show) -> bool:
    if show is Show.DIFFERENT:
        return line.different
    if show is Show.SCORES:
        return line.other_scores
    if show is Show.WORSE:
        return line.worse
    return line.better if show is Show.BETTER else True


def _counted(lines: Sequence[Line]) -> dict[Show, int]:
    counts = Counter(show for line in lines for show in Show if _listed(line, show))
    return {show: counts[show] for show in Show}


def _chosen(measures: Sequence[Measure], asked: str, base: Side) -> Measure | None:
    """Return the measure that was asked for, else what A's scorecard ranks by, else the first."""
    known = {one.key: one for one in measures}
    return known.get(asked) or known.get(base.primary) or next(iter(measures), None)


def measures_in(side: Side) -> list[Measure]:
    """Return the measures of a side's plan, which read scores by their place in that plan."""
    weights = {str(key): float(value) for key, value in side.plan.notes.get("weights", {}).items()}
    return measures_of(side.plan.metrics, weights, side.plan.currency, side.plan.judges)


def _common(sides: Sequence[Side]) -> list[Measure]:
    """The scores that every side measured in the same version with the same arguments."""
    each = [{one.key: one for one in measures_in(side) if one.is_share} for side in sides]
    return [
        measure
        for key, measure in each[0].items()
        if all(key in others and _same(key, each[0], others) for others in each[1:])
    ]


def _same(key: str, first: Mapping[str, Measure], other: Mapping[str, Measure]) -> bool:
    """Whether a measure is the same ruler on two sides; a weighted one is when its parts are."""
    a, b = first[key], other[key]
    if (a.metric, a.version, dict(a.arguments)) != (b.metric, b.version, dict(b.arguments)):
        return False
    parts = a.arguments if key == WEIGHTED else ()
    return all(part in first and part in other and _same(part, first, other) for part in parts)


_NOTHING = Said()


@dataclass(frozen=True, slots=True)
class _Values:
    means: Mapping[UUID, float | None]
    cells: Mapping[UUID, Sequence[Cell]]


def _column(side: Side, found: Reading, measure: Measure | None) -> _Values:
    if measure is None:
        return _Values({}, {})
    # The measure reads scores by their place in its own plan.
    own = next(one for one in measures_in(side) if one.key == measure.key)
    cells = cells_of(own, found.examples, found.table, side.plan.repeats)
    means = by_example(own, cells)
    by_revision: dict[UUID, list[Cell]] = {}
    for cell in cells:
        by_revision.setdefault(found.revisions[cell.example].pk, []).append(cell)
    return _Values({found.revisions[place].pk: mean for place, mean in means.items()}, by_revision)


def _change(base: float | None, value: float | None, measure: Measure | None) -> str:
    if measure is None or (base is None and value is None):
        return ""
    if base is None or value is None:
        return "other"
    if abs(base - value) <= CLOSE:
        return ""
    return "better" if (value > base) == measure.higher_is_better else "worse"


def _words(
    sides: Sequence[Side],
    columns: Sequence[_Values],
    measure: Measure | None,
    inside: set[UUID],
) -> list[tuple[str, str, str]]:
    """Each further side against A: its letter, the sentence, and the verdict."""
    if measure is None or not inside:
        return []
    order = {revision: place for place, revision in enumerate(sorted(inside, key=str))}
    ready = [
        Column(
            side.letter,
            measure,
            [
                Cell(order[revision], cell.reading, cell.refused)
                for revision, cells in values.cells.items()
                if revision in order
                for cell in cells
            ],
        )
        for side, values in zip(sides, columns, strict=True)
    ]
    most = float(policy().number("evaluation", "error_rate_max"))
    rows: list[dict[str, Any]] = compared(
        measure, [(one, ready[0]) for one in ready[1:]], error_rate_max=most
    )
    return [(row["a"], comparison_words(row, measure.unit, True), row["verdict"]) for row in rows]
