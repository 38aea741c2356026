"""Making and naming workloads, and what their brief says about risk."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Forbidden, Invalid
from portal.common.text import clean_text
from workloads.lifecycle.enums import MemberRole, WorkloadStatus
from workloads.lifecycle.models import Cycle, Membership, PhaseRecord, Workload
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import can_create, can_override_tier, require
from workloads.lifecycle.selectors import open_cycle
from workloads.lifecycle.services.changes import evidence_changed
from workloads.lifecycle.services.locks import lock_numbering, locked_cycle, locked_workload
from workloads.lifecycle.starts import begin

TAGS_MAX = 12


@transaction.atomic
def create_workload(
    *,
    actor: User,
    name: str,
    summary: str = "",
    business_unit: str = "",
    tags: Sequence[str] = (),
    start: str = "",
    answers: Mapping[str, Any] | None = None,
) -> Workload:
    """Make a workload that ``actor`` owns, with its first cycle and a record for each phase.

    ``start`` is the key of one of `starts.starts_for` (a template, another workload), ``answers``
    are raw answers to begin with; both are written by the slice that offers them, in the same
    transaction. Raises Forbidden (role) or Invalid (blank, min_length, max_length,
    forbidden_character, not_unique, choice, each naming its field).
    """
    verdict = can_create(actor)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    fields = {
        "name": _name(name),
        "summary": clean_text(summary, field="summary", maximum=280),
        "business_unit": _unit(business_unit),
        "tags": _tags(tags),
    }
    lock_numbering()
    _require_unique(str(fields["name"]))
    number = (Workload.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    workload = Workload.objects.create(
        number=number,
        ref=f"WL-{number:04d}",
        owner=actor,
        created_by=actor,
        updated_by=actor,
        **fields,
    )
    Membership.objects.create(
        workload=workload, user=actor, role=MemberRole.OWNER, created_by=actor, updated_by=actor
    )
    cycle = Cycle.objects.create(workload=workload, number=1, created_by=actor, updated_by=actor)
    PhaseRecord.objects.bulk_create(
        PhaseRecord(cycle=cycle, phase=one.key, created_by=actor, updated_by=actor)
        for one in phases()
    )
    audit.record(
        actor=actor,
        action="workload.created",
        kind="workload",
        ref=workload.ref,
        workload=workload.ref,
        detail={"name": workload.name, "start": start},
    )
    if start or answers:
        begin(actor, workload, start, answers or {})
        workload.refresh_from_db()
    return workload


def _name(name: str) -> str:
    return clean_text(name, field="name", minimum=3, maximum=120, single_line=True)


def _unit(business_unit: str) -> str:
    return clean_text(business_unit, field="business_unit", maximum=80, single_line=True)


def _tags(tags: Sequence[str]) -> list[str]:
    cleaned = [clean_text(tag, field="tags", maximum=40, single_line=True) for tag in tags]
    if len(cleaned) > TAGS_MAX:
        raise Invalid.field("tags", "too_many", f"Use at most {TAGS_MAX} tags.")
    return sorted({tag for tag in cleaned if tag})


def _require_unique(name: str, workload: Workload | None = None) -> None:
    taken = Workload.objects.filter(name__iexact=name).exclude(
        status__in=(WorkloadStatus.RETIRED, WorkloadStatus.REJECTED)
    )
    if workload is not None:
        taken = taken.exclude(pk=workload.pk)
    if taken.exists():
        raise Invalid.field(
            "name", "not_unique", "A workload of this name already exists. Choose another name."
        )


@transaction.atomic
def rename_workload(
    *,
    actor: User,
    workload: Workload,
    name: str,
    summary: str | None = None,
    business_unit: str | None = None,
    tags: Sequence[str] | None = None,
) -> Workload:
    """Give the workload another name; summary, business unit and tags stay unless given.

    A cosmetic change: no approval depends on it. Raises Forbidden (role, cycle_closed) or
    Invalid (as `create_workload`).
    """
    cleaned = _name(name)
    lock_numbering()
    workload = locked_workload(workload.pk)
    require(actor, workload, "edit")
    _require_unique(cleaned, workload)
    workload.name = cleaned
    if summary is not None:
        workload.summary = clean_text(summary, field="summary", maximum=280)
    if business_unit is not None:
        workload.business_unit = _unit(business_unit)
    if tags is not None:
        workload.tags = _tags(tags)
    workload.updated_by = actor
    workload.save(
        update_fields=("name", "summary", "business_unit", "tags", "updated_by", "updated_at")
    )
    audit.record(
        actor=actor,
        action="workload.renamed",
        kind="workload",
        ref=workload.ref,
        workload=workload.ref,
        detail={"name": workload.name},
    )
    return workload


@transaction.atomic
def set_risk(
    *,
    actor: User,
    workload: Workload,
    tier: int | None,
    personal_data: bool,
    prohibited: bool,
    by_review: bool = False,
) -> Workload:
    """Note on the workload what its brief says about risk; called by the brief's services.

    ``by_review`` says that reviewers set another tier than the answers; they are asked for their
    own right to it, since they cannot edit.
    When the tier rises, or personal data comes in, every passed gate that now lacks a vote is to
    be reconfirmed, and reviews that ask for too few votes end. Raises Forbidden (role,
    cycle_closed) or Invalid (tier).
    """
    if tier is not None and tier not in (1, 2, 3, 4):
        raise Invalid.field("tier", "out_of_range", "A tier is 1, 2, 3 or 4.")
    cycle = open_cycle(workload)
    locked = locked_cycle(cycle.pk).workload if cycle else locked_workload(workload.pk)
    if by_review:
        verdict = can_override_tier(actor, locked)
        if not verdict:
            raise Forbidden(verdict.message, code=verdict.rule)
    else:
        require(actor, locked, "edit")
    before = (locked.tier, locked.personal_data, locked.prohibited)
    if before == (tier, personal_data, prohibited):
        return locked
    locked.tier, locked.personal_data, locked.prohibited = tier, personal_data, prohibited
    locked.updated_by = actor
    locked.save(update_fields=("tier", "personal_data", "prohibited", "updated_by", "updated_at"))
    audit.record(
        actor=actor,
        action="workload.risk_set",
        kind="workload",
        ref=locked.ref,
        workload=locked.ref,
        detail={
            "tier": tier,
            "tier_before": before[0],
            "personal_data": personal_data,
            "prohibited": prohibited,
        },
    )
    risen = before[0] is not None and (tier or 0) > before[0]
    if cycle is not None and (risen or (personal_data and not before[1])):
        detail = (
            f"The risk tier rose from {before[0]} to {tier}." if risen else "Personal data came in."
        )
        evidence_changed(actor=actor, cycle=cycle, change="tier.raised", detail=detail)
    return locked
