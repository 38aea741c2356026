"""Putting a release live and taking it off."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict
from portal.common.text import clean_text
from workloads.lifecycle.enums import WorkloadStatus
from workloads.lifecycle.models import LiveSpell, Release, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import release_problem
from workloads.lifecycle.services.locks import locked_cycle, locked_workload


@transaction.atomic
def start_live(*, actor: User, release: Release) -> LiveSpell:
    """Put a release live in place of the one that is live now.

    Before it goes live its records are compared with the release's manifest, and its votes are
    counted again over the people who count now. Raises Forbidden (role) or Conflict
    (already_live, not_as_approved).
    """
    cycle = locked_cycle(release.cycle_id)
    workload = cycle.workload
    require(actor, workload, "own")
    release = Release.objects.select_related("review").get(pk=release.pk)
    release.cycle = cycle
    current = LiveSpell.objects.filter(workload=workload, ended_at=None).first()
    if current is not None and current.release_id == release.pk:
        raise Conflict(f"Release {release.number} is live already.", code="already_live")
    problem = release_problem(release)
    if problem:
        raise Conflict(
            f"Release {release.number} cannot go live: {problem}.", code="not_as_approved"
        )
    moment = now()
    if current is not None:
        _end(current, actor, f"Replaced by release {release.number}.")
    spell = LiveSpell.objects.create(
        workload=workload, release=release, began_at=moment, began_by=actor
    )
    _set_status(workload, WorkloadStatus.LIVE, actor)
    audit.record(
        actor=actor,
        action="release.went_live",
        kind="release",
        ref=f"{workload.ref}/{release.number}",
        workload=workload.ref,
        detail={"number": release.number, "manifest_digest": release.manifest_digest},
    )
    return spell


@transaction.atomic
def end_live(*, actor: User, workload: Workload, reason: str) -> LiveSpell:
    """Take the live release off; the workload is suspended until one goes live again.

    Raises Forbidden (role), Invalid (reason) or Conflict (not_live).
    """
    workload = locked_workload(workload.pk)
    require(actor, workload, "own")
    words = clean_text(reason, field="reason", minimum=3, maximum=280)
    spell = (
        LiveSpell.objects.filter(workload=workload, ended_at=None).select_related("release").first()
    )
    if spell is None:
        raise Conflict("Nothing is live here.", code="not_live")
    spell.workload = workload
    _end(spell, actor, words)
    _set_status(workload, WorkloadStatus.SUSPENDED, actor)
    return spell


def _end(spell: LiveSpell, actor: User, reason: str) -> None:
    spell.ended_at, spell.ended_by, spell.end_reason = now(), actor, reason
    spell.save(update_fields=("ended_at", "ended_by", "end_reason"))
    audit.record(
        actor=actor,
        action="release.ended",
        kind="release",
        ref=f"{spell.workload.ref}/{spell.release.number}",
        workload=spell.workload.ref,
        detail={"number": spell.release.number, "reason": reason[:200]},
    )


def _set_status(workload: Workload, status: WorkloadStatus, actor: User) -> None:
    workload.status, workload.updated_by = status, actor
    workload.save(update_fields=("status", "updated_by", "updated_at"))
