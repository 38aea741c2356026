"""What the judges of the compared sides said, and how much of it may be believed."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from evaluations.datasets.models import ExampleRevision
from evaluations.datasets.versioned import VersionedExample, view_of
from evaluations.judges.enums import Given, Label
from evaluations.judges.verdicts import JUDGE_ERROR, Verdict
from evaluations.runs.enums import RunState
from evaluations.runs.judging.cases import Part
from evaluations.scorecards.comparing.sides import Side
from evaluations.scorecards.document.measures import JUDGE, WEIGHTED, Measure
from evaluations.scorecards.judging import JudgeSeen, judges_of
from evaluations.scorecards.models import Scorecard

NOT_ASKED = "was not asked in this run"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one judge said of one answer. ``missing`` says why it said nothing.

    ``label`` and ``tone`` are the verdict's; ``evidence`` is the words that it copied, ``reason``
    its sentence, ``problem`` what was wrong with an output that could not be used.
    """

    label: str = ""
    tone: str = "none"
    evidence: str = ""
    reason: str = ""
    problem: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class JudgeLine:
    """One version of a judge over all sides; ``advice`` says why it decides nothing, if so."""

    name: str
    number: int
    criterion: str
    opinions: tuple[Opinion, ...]
    advice: tuple[str, ...]


def is_judged(measure: Measure) -> bool:
    """Whether a judge has a part in a measure."""
    weighed = measure.key == WEIGHTED and any(
        key.startswith(f"{JUDGE}:") for key in measure.arguments
    )
    return measure.metric == JUDGE or weighed


def judges_beside(
    sides: Sequence[Side], revision: UUID | None = None
) -> Mapping[UUID, Sequence[JudgeSeen]]:
    """Return the judges of each run that is compared; with ``revision``, on that example alone."""
    found: dict[UUID, Sequence[JudgeSeen]] = {}
    for side in sides:
        run = side.scorecard.run
        if run.pk not in found:
            found[run.pk] = judges_of(run, side.plan, revision=revision)
    return found


def judged_example(revision: ExampleRevision) -> VersionedExample:
    """Return an example as judges are asked about it."""
    return VersionedExample(revision.pk, 0, revision.input, view_of(revision), revision.held_out)


def advice_on(sides: Sequence[Side], key: str) -> tuple[str, ...]:
    """Return why the judge behind a measure decides nothing on these sides; one query."""
    facts = _facts(sides)
    keys = {str(one["key"]) for _, judges in facts for one in judges} if key == WEIGHTED else {key}
    return _advice(facts, keys)


def judge_lines(
    sides: Sequence[Side], revision: ExampleRevision, repeat: int
) -> tuple[JudgeLine, ...]:
    """Return what every judge said of one example, the answers of one repeat.

    Two versions of a judge are two lines: they are two rulers.
    """
    seen = judges_beside(sides, revision.pk)
    if not any(seen.values()):
        return ()
    facts = _facts(sides)
    example = judged_example(revision)
    by_side = [
        {(one.pin.name, one.pin.number): one for one in seen[side.scorecard.run_id]}
        for side in sides
    ]
    return tuple(
        JudgeLine(
            name=name,
            number=number,
            criterion=next(
                one[name, number] for one in by_side if (name, number) in one
            ).version.criterion,
            opinions=tuple(
                _opinion(own.get((name, number)), side, example, repeat)
                for side, own in zip(sides, by_side, strict=True)
            ),
            advice=_advice(facts, {f"{JUDGE}:{name}"}, number),
        )
        for name, number in dict.fromkeys(key for own in by_side for key in own)
    )


_Facts = Sequence[tuple[int, Sequence[Mapping[str, Any]]]]


def _facts(sides: Sequence[Side]) -> _Facts:
    """What each scorecard says of its judges, with its number."""
    cards = Scorecard.objects.filter(pk__in={one.scorecard.pk for one in sides})
    rows = cards.order_by("number").values_list("number", "document__judges")
    return [(number, judges or ()) for number, judges in rows]


def _advice(facts: _Facts, keys: Container[str], version: int | None = None) -> tuple[str, ...]:
    """Why the judges of these keys decide nothing, each with the scorecard that says so."""
    return tuple(
        f"Scorecard {number}: {judge['why']}"
        for number, judges in facts
        for judge in judges
        if judge["key"] in keys and judge["why"] and version in (None, judge["version"])
    )


def _opinion(
    judge: JudgeSeen | None, side: Side, example: VersionedExample, repeat: int
) -> Opinion:
    if judge is None:
        return Opinion(missing=NOT_ASKED)
    verdict = judge.verdicts.get((side.candidate.position, example.revision_id, repeat))
    if verdict is not None:
        return _said(verdict)
    if not judge.applies(example):
        lacks = "reference" if judge.version.given == Given.REFERENCE else "document"
        return Opinion(missing=f"was not asked: the example has no {lacks} to compare with")
    done = judge.runs.get(Part.ANSWERS)
    if done is None or done.state != RunState.COMPLETE:
        return Opinion(missing="was not asked: judging ended before it came to this answer")
    return Opinion(missing="was not asked: there is no answer")


def _said(verdict: Verdict) -> Opinion:
    if verdict.outcome == JUDGE_ERROR:
        return Opinion("Could not be read", "warn", problem=verdict.problem)
    label = Label(verdict.outcome)
    return Opinion(label.label, label.tone, verdict.evidence, verdict.reason)
