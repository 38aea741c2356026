"""What each item of a judging run is about: the case that the judge is asked to decide."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from evaluations.datasets.versioned import VersionedExample
from evaluations.judges.enums import Given, Levels
from evaluations.judges.models import JudgeVersion
from evaluations.judges.prompting import Case, calibration_case, can_judge, case_of
from evaluations.judges.selectors import noise_places
from evaluations.runs.models import Result
from evaluations.runs.plan import CandidatePin, RunPlan

# What the subject of a judging run is: the run whose answers are judged, or a calibration; the
# run of which two candidates are compared, and that comparison, whose judge is checked.
RUN, CALIBRATION = "run", "calibration"
PAIRS, PAIRS_CHECKED = "pairs", "pairs_checked"


class Part(StrEnum):
    """What a judging run is for."""

    ANSWERS = "answers"
    PAIRS = "pairs"
    CHECKS = "checks"
    CALIBRATION = "calibration"


Outputs = Mapping[tuple[UUID, int], str]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one candidate of a judging run: one judge, one judged candidate or a pair.

    ``outputs`` are the stored answers by example and repeat; None where the examples bring their
    answers themselves. ``others`` are those of the second candidate of a pair. ``swapped`` shows
    the second answer first. ``repeated`` are the places that are asked more than once.
    """

    given: Given
    outputs: Outputs | None
    repeated: frozenset[int] | None = None
    levels: Levels = Levels.TWO
    others: Outputs | None = None
    swapped: bool = False

    def of(self, example: VersionedExample, repeat: int) -> Case | None:
        """Return the case, or None where there is nothing to judge: no answer, nothing to compare
        it with, or a repeat that is not wanted."""
        if self.outputs is None:
            if repeat > 1 and self.repeated is not None and example.position not in self.repeated:
                return None
            return self._turned(calibration_case(example, self.levels))
        output = self.outputs.get((example.revision_id, repeat))
        if output is None or not can_judge(self.given, example):
            return None
        if self.others is None:
            return case_of(example, output)
        other = self.others.get((example.revision_id, repeat))
        # Word for word the same: nobody needs to be asked which one is better.
        if other is None or other == output:
            return None
        return self._turned(case_of(example, output, other))

    def same(self, example: VersionedExample, repeat: int) -> bool:
        """Whether both answers of a pair are there, and are word for word the same."""
        place = (example.revision_id, repeat)
        one = (self.outputs or {}).get(place)
        return one is not None and one == (self.others or {}).get(place)

    def _turned(self, case: Case) -> Case:
        return case.swapped() if self.swapped else case


def part_of(plan: RunPlan) -> Part:
    """Return what a judging plan is for."""
    return Part(str(plan.notes["part"]))


def cases_of(pin: CandidatePin, plan: RunPlan, version: JudgeVersion) -> Cases:
    """Return the cases of one candidate of a judging plan; one query where answers are judged."""
    return all_cases(replace(plan, candidates=(pin,)), version)[0]


def all_cases(plan: RunPlan, version: JudgeVersion, *, revision: UUID | None = None) -> list[Cases]:
    """Return the cases of every candidate of a judging plan, in one query.

    With ``revision`` only those of that example.
    """
    part = part_of(plan)
    given, levels = Given(version.given), Levels(version.levels)
    if part not in (Part.ANSWERS, Part.PAIRS):
        # Places in a version count from 1.
        wanted = noise_places(version.calibration_set.n) if part is Part.CALIBRATION else range(0)
        repeated = frozenset(place + 1 for place in wanted)
        return [
            Cases(given, None, repeated, levels, swapped=pin.swapped) for pin in plan.candidates
        ]
    wanted_of = {
        place for pin in plan.candidates for place in (pin.judged, pin.against) if place is not None
    }
    answers = _answers(plan).filter(candidate__position__in=wanted_of)
    if revision is not None:
        answers = answers.filter(revision=revision)
    outputs: dict[int, dict[tuple[UUID, int], str]] = {}
    for judged, example, repeat, output in answers.values_list(
        "candidate__position", "revision_id", "repeat", "output"
    ):
        outputs.setdefault(judged, {})[example, repeat] = output
    return [
        Cases(
            given,
            {} if pin.judged is None else outputs.get(pin.judged, {}),
            levels=levels,
            others=None if pin.against is None else outputs.get(pin.against, {}),
            swapped=pin.swapped,
        )
        for pin in plan.candidates
    ]


def _answers(plan: RunPlan) -> QuerySet[Result]:
    assert plan.subject is not None, "answers are judged for a run"
    return Result.objects.filter(run=UUID(plan.subject.ref), error_class="")
