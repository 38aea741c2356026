"""What waits for a person, and how the workloads are spread over the phases."""

from collections import Counter
from dataclasses import dataclass

from portal.accounts.models import User
from portal.accounts.selectors import AnyUser, remits_of
from workloads.lifecycle.enums import MemberRole, PhaseState, ReviewOutcome, WorkloadStatus
from workloads.lifecycle.models import Membership, Review, Vote, Workload
from workloads.lifecycle.phases import Phase, phase, phases
from workloads.lifecycle.selectors.disturbed import Cause, newest_causes
from workloads.lifecycle.selectors.workloads import (
    current_phase_of,
    with_current_phase,
    workloads_for,
)
from workloads.lifecycle.voters import electorate
from workloads.lifecycle.waiting import Matter, registered

CLOSED = (WorkloadStatus.RETIRED, WorkloadStatus.REJECTED)
SHOWN = 8


@dataclass(frozen=True, slots=True)
class OpenPhase:
    """A workload of a person, and the phase that it stands in."""

    workload: Workload
    phase: Phase
    state: PhaseState
    # The change that undid what was passed, if one did.
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class PhaseCount:
    """How many of the visible workloads stand in one phase."""

    phase: Phase
    count: int


def matters_waiting_for(user: AnyUser) -> list[Matter]:
    """Return what the slices registered for ``user``: questions to answer, oldest first."""
    if not isinstance(user, User):
        return []
    found = [matter for ask in registered() for matter in ask(user)]
    return sorted(found, key=lambda one: one.since)[:SHOWN]


def reviews_waiting_for(user: AnyUser) -> list[Review]:
    """Return the open reviews in which ``user`` may vote and has not, oldest first."""
    if not isinstance(user, User) or not remits_of(user):
        return []
    voted = Vote.objects.filter(voter=user, lifted_at=None, struck_at=None).values("review_id")
    found = (
        Review.objects.filter(outcome=ReviewOutcome.OPEN)
        .exclude(pk__in=voted)
        .select_related("cycle__workload", "requested_by")
        .order_by("requested_at")
    )
    waiting: list[Review] = []
    for review in found:
        on_roster = any(str(user.pk) in people for people in review.roster.values())
        if on_roster and electorate(review).bar(user.pk) is None:
            waiting.append(review)
            if len(waiting) == SHOWN:
                break
    return waiting


def open_phases_of(user: AnyUser) -> list[OpenPhase]:
    """Return the workloads that ``user`` owns or works on, each with the phase that is open."""
    if not isinstance(user, User):
        return []
    worked_on = Membership.objects.filter(
        user=user, role__in=(MemberRole.OWNER, MemberRole.CONTRIBUTOR), ended_at=None
    ).values("workload_id")
    rows = with_current_phase(
        Workload.objects.filter(pk__in=worked_on).exclude(status__in=CLOSED)
    ).order_by("-number")
    shown = list(rows[:SHOWN])
    undone = newest_causes(shown)
    found = []
    for row in shown:
        key, state = current_phase_of(row)
        if key:
            found.append(OpenPhase(row, phase(key), PhaseState(state), undone.get(row.number)))
    return found


def workloads_by_phase(user: AnyUser) -> list[PhaseCount]:
    """Return how many workloads that ``user`` may see stand in each phase."""
    rows = with_current_phase(workloads_for(user).exclude(status__in=CLOSED))
    counts = Counter(current_phase_of(row)[0] for row in rows.only("pk"))
    return [PhaseCount(one, counts[one.key]) for one in phases()]
