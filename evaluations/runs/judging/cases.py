"""What each item of a judging run is about: the case that the judge is asked to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.enums import Given
from evaluations.judges.models import JudgeVersion
from evaluations.judges.prompting import Case, calibration_case, can_judge, case_of
from evaluations.judges.selectors import noise_places
from evaluations.runs.models import Result
from evaluations.runs.plan import CandidatePin, RunPlan

# What the subject of a judging run is: the run whose answers are judged, or a calibration.
RUN, CALIBRATION = "run", "calibration"


class Part(StrEnum):
    """What a judging run is for."""

    ANSWERS = "answers"
    CHECKS = "checks"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one candidate of a judging run: one judge, one judged candidate.

    ``outputs`` are the stored answers by example and repeat; None where the examples bring their
    answers themselves. ``repeated`` are the places that are asked more than once.
    """

    given: Given
    outputs: Mapping[tuple[UUID, int], str] | None
    repeated: frozenset[int] | None = None

    def of(self, example: VersionedExample, repeat: int) -> Case | None:
        """Return the case, or None where there is nothing to judge: no answer, nothing to compare
        it with, or a repeat that is not wanted."""
        if self.outputs is None:
            if repeat > 1 and self.repeated is not None and example.position not in self.repeated:
                return None
            return calibration_case(example)
        output = self.outputs.get((example.revision_id, repeat))
        if output is None or not can_judge(self.given, example):
            return None
        return case_of(example, output)


def part_of(plan: RunPlan) -> Part:
    """Return what a judging plan is for."""
    return Part(str(plan.notes["part"]))


def cases_of(pin: CandidatePin, plan: RunPlan, version: JudgeVersion) -> Cases:
    """Return the cases of one candidate of a judging plan; one query where answers are judged."""
    part = part_of(plan)
    given = Given(version.given)
    if part is not Part.ANSWERS:
        # Places in a version count from 1.
        wanted = noise_places(version.calibration_set.n) if part is Part.CALIBRATION else range(0)
        return Cases(given, None, frozenset(place + 1 for place in wanted))
    assert pin.judged is not None, "answers are judged for one candidate of a run"
    answers = _answers(plan).filter(candidate__position=pin.judged)
    stored = answers.values_list("revision_id", "repeat", "output")
    return Cases(given, {(example, repeat): output for example, repeat, output in stored})


def all_cases(plan: RunPlan, version: JudgeVersion, *, revision: UUID | None = None) -> list[Cases]:
    """Return the cases of every candidate of a judging plan, in one query.

    With ``revision`` only those of that example.
    """
    if part_of(plan) is not Part.ANSWERS:
        return [cases_of(pin, plan, version) for pin in plan.candidates]
    answers = _answers(plan)
    if revision is not None:
        answers = answers.filter(revision=revision)
    outputs: dict[int, dict[tuple[UUID, int], str]] = {}
    for judged, example, repeat, output in answers.values_list(
        "candidate__position", "revision_id", "repeat", "output"
    ):
        outputs.setdefault(judged, {})[example, repeat] = output
    given = Given(version.given)
    return [
        Cases(given, {} if pin.judged is None else outputs.get(pin.judged, {}))
        for pin in plan.candidates
    ]


def _answers(plan: RunPlan) -> QuerySet[Result]:
    assert plan.subject is not None, "answers are judged for a run"
    return Result.objects.filter(run=UUID(plan.subject.ref), error_class="")
