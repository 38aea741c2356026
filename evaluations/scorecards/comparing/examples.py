"""One example in full: what was asked and expected, every answer, every score with its reason,
what every judge said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from evaluations.datasets.heldout import Sight
from evaluations.datasets.models import ExampleRevision
from evaluations.metrics import registry
from evaluations.runs.models import Result, Score
from evaluations.scorecards.comparing.opinions import JudgeLine, judge_lines
from evaluations.scorecards.comparing.sides import Side
from evaluations.scorecards.document.measures import COST, FIRST_TOKEN, LATENCY, keys_of
from portal.common.differences import Difference, compare
from portal.common.money import from_micro

Scores = Mapping[int, Score]


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One metric over all sides: None where a side has no such score."""

    label: str
    unit: str
    scores: tuple[Score | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answered; ``difference`` leads from A's answer to this one, None for A."""

    side: Side
    result: Result | None
    difference: Difference | None
    cost: Any

    @property
    def same(self) -> bool:
        """Whether it is word for word what A answered."""
        return self.difference is not None and self.difference.same


@dataclass(frozen=True, slots=True)
class ExampleView:
    """An example with the answers of all sides in one repeat; none where it is ``withheld``."""

    revision: ExampleRevision
    answers: tuple[Answer, ...]
    scores: tuple[ScoreLine, ...]
    judges: tuple[JudgeLine, ...]
    repeat: int
    repeats: int
    withheld: bool = False


def example_of(
    sides: Sequence[Side], revision_id: UUID, *, sight: Sight, repeat: int = 1
) -> ExampleView | None:
    """Return one example of the compared sides, or None when not all of them have it.

    Three queries, and some for each run that had judges. ``repeat`` beyond what every side has is
    the first. Where the example is kept from somebody who writes prompts, so are its answers, its
    scores and what judges said.
    """
    repeats = min(one.plan.repeats for one in sides)
    number = repeat if 1 <= repeat <= repeats else 1
    results = {
        one.candidate_id: one
        for one in Result.objects.filter(
            candidate__in=[side.candidate for side in sides], revision=revision_id, repeat=number
        )
    }
    datasets = {one.scorecard.run.dataset_version.dataset_id for one in sides}
    revision = ExampleRevision.objects.filter(pk=revision_id, dataset__in=datasets).first()
    if revision is None or any(side.candidate.pk not in results for side in sides):
        return None
    if sight.withholds(revision):
        return ExampleView(revision, (), (), (), 1, 1, withheld=True)
    stored: dict[UUID, dict[int, Score]] = {}
    for score in Score.objects.filter(result__in=results.values()):
        stored.setdefault(score.result_id, {})[score.place] = score
    first = results[sides[0].candidate.pk]
    answers = []
    for side in sides:
        result = results[side.candidate.pk]
        difference = compare(first.output, result.output) if side is not sides[0] else None
        answers.append(Answer(side, result, difference, from_micro(result.cost_micro)))
    return ExampleView(
        revision=revision,
        answers=tuple(answers),
        scores=_scores(sides, results, stored),
        judges=judge_lines(sides, revision, number),
        repeat=number,
        repeats=repeats,
    )


def _scores(
    sides: Sequence[Side], results: Mapping[int, Result], stored: Mapping[UUID, Scores]
) -> tuple[ScoreLine, ...]:
    """A line for each metric of any side, matched by key, in the order of the first that has it."""
    known: dict[str, tuple[str, str]] = {}
    by_side: list[dict[str, Score]] = []
    for side in sides:
        own: dict[str, Score] = {}
        for place, (key, pin) in enumerate(
            zip(keys_of(side.plan.metrics), side.plan.metrics, strict=True)
        ):
            score = stored.get(results[side.candidate.pk].pk, {}).get(place)
            # Time and money stand beside the answer, in their units.
            if score is None or key in (LATENCY, FIRST_TOKEN, COST):
                continue
            metric = registry.get(pin.name, pin.version)
            field = str(pin.arguments.get("field") or "")
            label = f"{metric.label}: {field}" if field else metric.label
            known.setdefault(key, (label, metric.unit))
            own[key] = score
        by_side.append(own)
    return tuple(
        ScoreLine(label, unit, tuple(own.get(key) for own in by_side))
        for key, (label, unit) in known.items()
    )
