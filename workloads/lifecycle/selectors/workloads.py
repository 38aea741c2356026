"""Workloads, their cycles and phase records, as a person may see them."""

import re
from uuid import UUID

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import Http404

from portal.accounts.models import User
from portal.accounts.selectors import AnyUser
from portal.common.readonce import read_once
from workloads.lifecycle.enums import CycleState, PhaseState
from workloads.lifecycle.models import (
    Cycle,
    LiveSpell,
    Membership,
    PhaseRecord,
    Release,
    Workload,
)
from workloads.lifecycle.phases import phases
from workloads.lifecycle.roles import newest_cycle, sees_every_workload, standing_memberships

_REF = re.compile(r"WL-[0-9]{4,8}", re.ASCII)


def workloads_for(user: AnyUser) -> QuerySet[Workload]:
    """Return the workloads that ``user`` may see: their own, or all for reviewers and auditors."""
    if not isinstance(user, User) or not user.is_active:
        return Workload.objects.none()
    if sees_every_workload(user):
        return Workload.objects.all()
    member = Membership.objects.filter(user=user, ended_at=None).values("workload_id")
    return Workload.objects.filter(pk__in=member) | Workload.objects.filter(owner=user)


@read_once
def workload_for(user: AnyUser, ref: str) -> Workload:
    """Return the workload called ``ref``. Raises Http404 when ``user`` may not see it."""
    if not _REF.fullmatch(ref):
        raise Http404
    found = workloads_for(user).select_related("owner").filter(ref=ref).first()
    if found is None:
        raise Http404
    return found


def open_cycle(workload: Workload) -> Cycle | None:
    """Return the cycle that is being worked on, if there is one."""
    found = newest_cycle(workload)
    return found if found is not None and found.state == CycleState.OPEN else None


def current_cycle(workload: Workload) -> Cycle:
    """Return the open cycle, else the last one; a workload always has one."""
    found = newest_cycle(workload)
    if found is None:
        raise Cycle.DoesNotExist(f"{workload.ref} has no cycle")
    return found


@read_once
def cited_cycle(ref: str) -> Cycle | None:
    """Return the newest cycle of the workload called ``ref``, for the cards of cited records.

    Asks for no person: a page shows cards only of a workload that its reader may see.
    """
    workload = Workload.objects.filter(ref=ref).first()
    return newest_cycle(workload) if workload is not None else None


def phase_record(cycle: Cycle, key: str) -> PhaseRecord:
    """Return where phase ``key`` of the cycle stands. Raises PhaseRecord.DoesNotExist."""
    record = PhaseRecord.objects.select_related("review").get(cycle=cycle, phase=key)
    record.cycle = cycle
    return record


def phase_records(cycle: Cycle) -> dict[str, PhaseRecord]:
    """Return the phase records of the cycle by phase key."""
    found = {}
    for record in PhaseRecord.objects.filter(cycle=cycle).select_related("review"):
        record.cycle = cycle
        found[record.phase] = record
    return found


def live_release(workload: Workload) -> Release | None:
    """Return the release that is live now, or None."""
    spell = (
        LiveSpell.objects.filter(workload=workload, ended_at=None).select_related("release").first()
    )
    return spell.release if spell else None


def members_of(workload: Workload) -> list[Membership]:
    """Return the standing memberships with their people, owners first, then by name."""
    rows = standing_memberships(workload)
    order = {"owner": 0, "contributor": 1, "rater": 2, "observer": 3}
    return sorted(rows, key=lambda row: (order.get(row.role, 9), str(row.user)))


def with_current_phase(rows: QuerySet[Workload]) -> QuerySet[Workload]:
    """Add ``current_phase`` and ``current_state``: the first phase that is not passed.

    Of the newest cycle, since only the newest can be open; one query however many rows.
    """
    position = Case(
        *(When(phase=one.key, then=Value(one.number)) for one in phases()),
        default=Value(99),
        output_field=IntegerField(),
    )
    unpassed = (
        PhaseRecord.objects.filter(cycle__workload=OuterRef("pk"))
        .exclude(state=PhaseState.PASSED)
        .annotate(position=position)
        .order_by("-cycle__number", "position")
    )
    return rows.annotate(
        current_phase=Subquery(unpassed.values("phase")[:1]),
        current_state=Subquery(unpassed.values("state")[:1]),
    )


def filtered(
    user: AnyUser,
    *,
    q: str = "",
    phase: str = "",
    status: str = "",
    tier: int | None = None,
    mine: bool = False,
) -> QuerySet[Workload]:
    """Return the workloads that ``user`` may see, narrowed; each with its current phase.

    ``q`` is looked for in name and reference, ``phase`` is the key of the current phase, ``mine``
    keeps those in which the user has a role.
    """
    rows = with_current_phase(workloads_for(user)).select_related("owner")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(ref__iexact=q))
    if phase:
        # The annotation is known to the query, not to the type checker.
        rows = rows.filter(current_phase=phase)  # type: ignore[misc]
    if status:
        rows = rows.filter(status=status)
    if tier is not None:
        rows = rows.filter(tier=tier)
    if mine:
        member = Membership.objects.filter(user=user.pk, ended_at=None).values("workload_id")
        rows = rows.filter(pk__in=member)
    return rows


def current_phase_of(row: Workload) -> tuple[str, str]:
    """Return the phase key and state that `with_current_phase` added; empty when all are passed."""
    return getattr(row, "current_phase", None) or "", getattr(row, "current_state", None) or ""


def membership_for(user: AnyUser, ref: str, membership_id: UUID) -> Membership:
    """Return a membership of a workload that ``user`` may see. Raises Http404."""
    found = (
        workload_for(user, ref).memberships.filter(pk=membership_id).select_related("user").first()
    )
    if found is None:
        raise Http404
    return found
