"""Reading studies: which, how far they are, and what a rater is to look at next.

What is read for a rater holds texts and no names; ids and counts say nothing about a side.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from evaluations.preferences.enums import StudyState
from evaluations.preferences.models import Rating, Study, StudyRater
from evaluations.runs.enums import RunState
from evaluations.runs.models import Run
from portal.accounts.selectors import AnyUser
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How far one rater is; never what they said."""

    rater: StudyRater
    rated: int
    planned: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study is, in counts.

    ``complete_pairs`` have the verdicts that the policy asks for.
    """

    raters: tuple[RaterProgress, ...]
    pairs: int
    complete_pairs: int

    @property
    def rated(self) -> int:
        """How many verdicts there are."""
        return sum(one.rated for one in self.raters)

    @property
    def planned(self) -> int:
        """How many verdicts there are to be."""
        return sum(one.planned for one in self.raters)

    @property
    def complete(self) -> bool:
        """Whether every pair has the verdicts that it needs."""
        return self.complete_pairs == self.pairs


def studies_for(user: AnyUser, workload: Workload) -> QuerySet[Study]:
    """Return the workload's studies, newest first. Raises Http404 when it is not visible."""
    workload_for(user, workload.ref)
    return (
        Study.objects.filter(workload=workload)
        .select_related("workload", "run", "created_by", "closed_by")
        .order_by("-number")
    )


def study_for(user: AnyUser, ref: str, number: int) -> Study:
    """Return one study through its workload. Raises Http404."""
    workload = workload_for(user, ref)
    found = studies_for(user, workload).filter(number=number).first()
    if found is None:
        raise Http404
    found.workload = found.run.workload = workload
    return found


def closed_studies_of(run_id: UUID) -> QuerySet[Study]:
    """Return the closed studies of a run, oldest first, with what they showed."""
    return Study.objects.filter(run=run_id, state=StudyState.CLOSED).order_by("number")


def comparable_runs(workload: Workload) -> list[Run]:
    """Return the complete runs of more than one candidate, newest first."""
    rows = (
        Run.objects.filter(workload=workload, state=RunState.COMPLETE)
        .annotate(answering=Count("candidates"))
        .filter(answering__gt=1)
        .select_related("dataset_version__dataset")
        .order_by("-number")
    )
    found: list[Run] = list(rows)
    for run in found:
        run.workload = workload
    return found


def progress(study: Study, enough: int) -> Progress:
    """Return how far ``study`` is; ``enough`` verdicts make a pair complete. Three queries."""
    given = Count("ratings", filter=~Q(ratings__choice=""))
    raters = tuple(
        RaterProgress(one, one.rated, one.planned)
        for one in StudyRater.objects.filter(study=study)
        .select_related("user")
        .annotate(rated=given, planned=Count("ratings"))
        .order_by("seat")
    )
    pairs = study.pairs.annotate(given=given)
    return Progress(
        raters=raters,
        pairs=study.pairs.count(),
        complete_pairs=pairs.filter(given__gte=enough).count(),
    )


def next_rating(rater: StudyRater) -> Rating | None:
    """Return the first pair in the rater's order that has no verdict yet, with both answers."""
    return (
        Rating.objects.filter(rater=rater, choice="")
        .select_related("pair__revision__dataset__workload", "pair__first", "pair__second")
        .order_by("place")
        .first()
    )


def counted(rater: StudyRater) -> tuple[int, int]:
    """Return how many pairs the rater has rated, and how many there are for them."""
    found = Rating.objects.filter(rater=rater).aggregate(
        rated=Count("pk", filter=~Q(choice="")), planned=Count("pk")
    )
    return found["rated"], found["planned"]


def rating_for(rater: StudyRater, rating_id: UUID) -> Rating:
    """Return one of the rater's own pairs. Raises Http404 for any other."""
    return get_object_or_404(
        Rating.objects.select_related("pair__revision"), pk=rating_id, rater=rater
    )
