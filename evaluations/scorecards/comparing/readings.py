"""Everything that the compared sides stored, in three queries however many sides there are.

What judges said is read only where it is wanted: some queries for each run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import MD5, Left

from evaluations.datasets.models import ExampleRevision, VersionExample
from evaluations.datasets.versioned import view_of
from evaluations.metrics import registry
from evaluations.runs.models import Result, Score
from evaluations.scorecards.comparing.opinions import judged_example, judges_beside
from evaluations.scorecards.comparing.sides import Side
from evaluations.scorecards.document import Example, ResultRow, ScoreRow
from evaluations.scorecards.document.estimates import Table
from evaluations.scorecards.judging import JudgeSeen
from evaluations.scorecards.stored import ENDED, result_row

EXCERPT = 72
ScoreRows = tuple[ScoreRow | None, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """The first answer to an example: its error or its beginning; equal marks are equal answers."""

    error: str = "missing"
    refused: bool = False
    start: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One side: its version's examples in order, its results by place and repeat, its answers."""

    revisions: Sequence[ExampleRevision]
    examples: Sequence[Example]
    table: Table
    said: Mapping[UUID, Said]


# Whether an example's content is kept from the reader.
Hides = Callable[[ExampleRevision], bool]


# The places in a side's plan of the metrics whose scores are wanted; None for all of them.
Places = frozenset[int] | None


def readings_of(
    sides: Sequence[Side], hides: Hides, *, places: Sequence[Places], judged: bool = False
) -> list[Reading]:
    """Return what each side stored; what its judges said only when ``judged``.

    Of an example that is hidden no tag is given. ``places``, one for each side, leave out scores
    that are not wanted: of four sides with as many metrics most are not.
    """
    opinions = judges_beside(sides) if judged else {}
    versions: dict[UUID, list[ExampleRevision]] = {}
    wanted = {one.scorecard.run.dataset_version_id for one in sides}
    lines = VersionExample.objects.filter(version__in=wanted).select_related("revision")
    for line in lines.order_by("version", "position"):
        versions.setdefault(line.version_id, []).append(line.revision)
    candidates = [one.candidate for one in sides]
    scores: dict[UUID, dict[int, ScoreRow]] = {}
    stored = Score.objects.filter(result__candidate__in=candidates)
    if all(one is not None for one in places):
        stored = stored.filter(place__in=frozenset().union(*(one or () for one in places)))
    for result, place, outcome, value in stored.values_list(
        "result_id", "place", "outcome", "value"
    ):
        scores.setdefault(result, {})[place] = ScoreRow(outcome, value)
    rows: dict[int, list[tuple[UUID, ResultRow, Said]]] = {}
    found = (
        Result.objects.filter(candidate__in=candidates)
        .annotate(start=Left("output", EXCERPT + 1), mark=MD5("output"))
        .values_list("pk", "candidate_id", "revision_id", "repeat", "start", "mark", *ENDED)
    )
    by_candidate = {one.candidate.pk: one for one in sides}
    for pk, candidate, revision, repeat, start, mark, *ended in found:
        own = scores.get(pk, {})
        side = by_candidate[candidate]
        spot = (side.candidate.position, revision, repeat)
        row = result_row(
            ended,
            candidate=0,
            example=0,
            repeat=repeat,
            scores=(
                *(own.get(place) for place in range(len(side.plan.metrics))),
                *(judge.score(spot) for judge in opinions.get(side.scorecard.run_id, ())),
            ),
        )
        said = Said(row.error, row.refused, _shortened(start), f"{row.error}{mark}")
        rows.setdefault(candidate, []).append((revision, row, said))
    known: dict[Any, list[Example]] = {}
    found_readings = []
    for one, wanted_places in zip(sides, places, strict=True):
        # Candidates of one run share its examples and its metrics.
        mine = (one.scorecard.run_id, wanted_places)
        revisions = versions.get(one.scorecard.run.dataset_version_id, [])
        if mine not in known:
            judges = opinions.get(one.scorecard.run_id, ())
            known[mine] = _examples(one, revisions, judges, hides, wanted_places)
        answered = rows.get(one.candidate.pk, [])
        found_readings.append(_reading(revisions, known[mine], answered))
    return found_readings


def _shortened(start: str) -> str:
    return start if len(start) <= EXCERPT else f"{start[: EXCERPT - 1].rstrip()}…"


def _examples(
    side: Side,
    revisions: Sequence[ExampleRevision],
    judges: Sequence[JudgeSeen],
    hides: Hides,
    places: Places,
) -> list[Example]:
    metrics = [(registry.get(pin.name, pin.version), pin.arguments) for pin in side.plan.metrics]
    examples = []
    for one in revisions:
        view = view_of(one)
        applies = (
            *(
                (places is None or place in places) and registry.applies(metric, view, given)
                for place, (metric, given) in enumerate(metrics)
            ),
            *(judge.applies(judged_example(one)) for judge in judges),
        )
        tags = () if hides(one) else tuple(one.tags)
        examples.append(Example(one.kind, applies, tags=tags))
    return examples


def _reading(
    revisions: Sequence[ExampleRevision],
    examples: Sequence[Example],
    rows: Sequence[tuple[UUID, ResultRow, Said]],
) -> Reading:
    places = {one.pk: place for place, one in enumerate(revisions)}
    return Reading(
        revisions=revisions,
        examples=examples,
        table={(places[pk], row.repeat): row for pk, row, _ in rows if pk in places},
        said={pk: said for pk, row, said in rows if row.repeat == 1},
    )
