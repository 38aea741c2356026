"""What of a study waits for somebody: pairs to rate, and a study whose pairs are all rated."""

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from evaluations.preferences.enums import StudyState
from evaluations.preferences.models import Rating, Study, StudyRater
from portal.accounts.models import User
from workloads.lifecycle.selectors import workloads_for
from workloads.lifecycle.waiting import Matter


def waiting_for(user: User) -> list[Matter]:
    """Return one matter per study in which ``user`` has pairs to rate, or which they can close."""
    visible = workloads_for(user).values("pk")
    seats = (
        StudyRater.objects.filter(
            user=user,
            finished_at=None,
            study__state=StudyState.OPEN,
            study__workload__in=visible,
        )
        .select_related("study__workload")
        .annotate(left=Count("ratings", filter=Q(ratings__choice="")))
    )
    found = [
        Matter(
            title=f"Rate answers for {seat.study.workload.name}",
            detail=f"{seat.left} pair{'' if seat.left == 1 else 's'} to compare, blind",
            url=reverse("preferences:rate", args=[seat.study.workload.ref, seat.study.number]),
            since=seat.invited_at,
        )
        for seat in seats
    ]
    unrated = Rating.objects.filter(rater__study=OuterRef("pk"), choice="")
    rated = (
        Study.objects.filter(created_by=user, state=StudyState.OPEN, workload__in=visible)
        .filter(~Exists(unrated))
        .select_related("workload")
    )
    found += [
        Matter(
            title=f"Close preference study {study.number} of {study.workload.name}",
            detail="every pair is rated; closing says who gave which answer",
            url=reverse("preferences:study", args=[study.workload.ref, study.number]),
            since=study.updated_at,
        )
        for study in rated
    ]
    return found
