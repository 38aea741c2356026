"""Taking the decision of a review: the last look before a gate opens.

Whoever asks, a failing check, other bytes or a missing vote never passes.
"""

from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from workloads.lifecycle.enums import CycleState, ReviewOutcome, WorkloadStatus
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import manifest_digest, stored
from workloads.lifecycle.models import PhaseRecord, Release, Review
from workloads.lifecycle.phases import EvidenceItem, phase
from workloads.lifecycle.selectors import (
    gate_checks,
    manifest,
    missing,
    phase_record,
    release_manifest,
)
from workloads.lifecycle.services import transitions
from workloads.lifecycle.voters import Tally, tally, votes_needed


def recount(*, review: Review, actor: User | None) -> Tally:
    """Strike the votes that no longer count, each with its reason, and return how it stands.

    Counted against what the request asked for and what the present tier asks for, whichever
    lacks more.
    """
    look = Look(review.cycle)
    counted = tally(review, look=look)
    for vote, bar in counted.ineligible:
        vote.struck_at, vote.struck_reason = now(), bar.message[:200]
        vote.save(update_fields=("struck_at", "struck_reason"))
        audit.record(
            actor=actor,
            action="review.vote_struck",
            kind="vote",
            ref=str(vote.pk),
            workload=review.cycle.workload.ref,
            detail={
                "phase": review.phase,
                "voter": str(vote.voter_id),
                "rule": bar.rule,
                "reason": bar.rule.replace("_", " "),
            },
        )
    today = tally(review, requirements=votes_needed(review.cycle.workload, review.phase), look=look)
    return min(counted, today, key=lambda one: one.filled - len(one.slots))


def decide(*, review: Review, actor: User | None) -> bool:
    """Pass the phase if everything is there now; ``review`` is open and locked.

    Returns whether the review ended. The manifest and every check are read again here.
    """
    if not recount(review=review, actor=actor).complete:
        return False
    items = manifest(review.cycle, review.phase)
    if manifest_digest(items) != review.manifest_digest:
        return False
    if missing(gate_checks(review.cycle, review.phase)):
        return False
    transitions.closed(review, actor, ReviewOutcome.APPROVED)
    record = phase_record(review.cycle, review.phase)
    pass_phase(record=record, actor=actor, items=items, review=review)
    return True


def pass_phase(
    *,
    record: PhaseRecord,
    actor: User | None,
    items: list[EvidenceItem],
    review: Review | None,
) -> None:
    """Mark the phase passed, and make the release when this phase makes one."""
    transitions.passed(record, actor, items, review)
    workload = record.cycle.workload
    if workload.status == WorkloadStatus.DRAFT:
        workload.status = WorkloadStatus.ACTIVE
        workload.save(update_fields=("status", "updated_at"))
    if phase(record.phase).makes_release:
        _make_release(record, actor, review)


def _make_release(record: PhaseRecord, actor: User | None, review: Review | None) -> Release:
    cycle = record.cycle
    last = Release.objects.filter(workload=cycle.workload).aggregate(last=Max("number"))["last"]
    items = release_manifest(cycle, record.phase)
    release = Release.objects.create(
        workload=cycle.workload,
        cycle=cycle,
        number=(last or 0) + 1,
        review=review,
        manifest=stored(items),
        manifest_digest=manifest_digest(items),
        decided_at=now(),
        created_by=actor,
        updated_by=actor,
    )
    cycle.state, cycle.closed_at = CycleState.RELEASED, now()
    cycle.save(update_fields=("state", "closed_at", "updated_at"))
    audit.record(
        actor=actor,
        action="release.made",
        kind="release",
        ref=f"{cycle.workload.ref}/{release.number}",
        workload=cycle.workload.ref,
        detail={"number": release.number, "manifest_digest": release.manifest_digest},
    )
    return release
