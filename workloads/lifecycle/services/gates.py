"""Submitting a phase, taking a review back, and closing reviews whose time is over."""

from datetime import timedelta

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, NotReady
from portal.common.policy import policy
from workloads.lifecycle.enums import CycleState, PhaseState, ReviewOutcome
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import manifest_digest, stored
from workloads.lifecycle.models import Cycle, PhaseRecord, Review
from workloads.lifecycle.phases import Check, phase
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import gate_checks, holds, manifest, missing, phase_record
from workloads.lifecycle.services import transitions
from workloads.lifecycle.services.changes import recompare
from workloads.lifecycle.services.decisions import decide, pass_phase
from workloads.lifecycle.services.locks import locked_cycle, locked_review
from workloads.lifecycle.voters import roster, votes_needed


@transaction.atomic
def submit_phase(*, actor: User, cycle: Cycle, phase_key: str) -> PhaseRecord:
    """Ask to pass the gate of a phase; its drafts are frozen as versions first.

    All checks pass and the phases before hold: without votes needed at this tier the phase passes
    at once, else a review opens on the manifest as it is now. Raises Forbidden (role,
    cycle_closed), Conflict (in_review, already_passed, no_gate) or NotReady, whose errors list
    every check that is missing.
    """
    cycle = locked_cycle(cycle.pk)
    require(actor, cycle.workload, "edit")
    one = phase(phase_key)
    if not one.has_gate:
        raise Conflict(f"{one.label} never ends, so it has no gate to pass.", code="no_gate")
    if cycle.state != CycleState.OPEN:
        raise Conflict("This cycle is closed.", code="cycle_closed")
    record = phase_record(cycle, phase_key)
    if record.state == PhaseState.IN_REVIEW:
        raise Conflict(f"{one.label} is in review already.", code="in_review")
    if record.state == PhaseState.PASSED and holds(record):
        raise Conflict(f"{one.label} is passed already, and it holds.", code="already_passed")
    one.submitting(cycle, actor)
    _require_ready(one.label, missing(gate_checks(cycle, phase_key)))
    needed = votes_needed(cycle.workload, phase_key)
    items = manifest(cycle, phase_key)
    if not needed:
        pass_phase(record=record, actor=actor, items=items, review=None)
        return record
    requested = now()
    days = policy().number("reviews", "expires_after_days")
    review = Review.objects.create(
        cycle=cycle,
        phase=phase_key,
        round=Review.objects.filter(cycle=cycle, phase=phase_key).count() + 1,
        manifest=stored(items),
        manifest_digest=manifest_digest(items),
        tier=cycle.workload.tier or 0,
        requirements=[sorted(requirement) for requirement in needed],
        roster=roster(Look(cycle), needed),
        requested_by=actor,
        requested_at=requested,
        expires_at=requested + timedelta(days=days),
        created_by=actor,
        updated_by=actor,
    )
    transitions.submitted(record, actor)
    audit.record(
        actor=actor,
        action="review.opened",
        kind="review",
        ref=str(review.pk),
        workload=cycle.workload.ref,
        detail={
            "phase": phase_key,
            "round": review.round,
            "tier": review.tier,
            "manifest_digest": review.manifest_digest,
        },
    )
    return record


def _require_ready(label: str, lacking: list[Check]) -> None:
    if lacking:
        words = ", ".join(check.label for check in lacking)
        raise NotReady(
            f"{label} is not ready. Missing: {words}.",
            errors=[
                FieldError(check.code, "check_failed", check.detail or check.label)
                for check in lacking
            ],
            link=next((check.link for check in lacking if check.link), ""),
        )


@transaction.atomic
def withdraw_review(*, actor: User, review: Review) -> Review:
    """Take a request back; the phase stands where it stood.

    Raises Forbidden (role, cycle_closed) or Conflict (closed).
    """
    review = locked_review(review.pk)
    require(actor, review.cycle.workload, "edit")
    if review.outcome != ReviewOutcome.OPEN:
        raise Conflict("This review is closed already.", code="closed")
    transitions.closed(review, actor, ReviewOutcome.WITHDRAWN)
    transitions.returned(phase_record(review.cycle, review.phase), actor)
    return review


def expire_reviews() -> int:
    """End the open reviews that cannot go on, and decide those that waited only for a check.

    Ends those whose time is over, and those whose evidence changed without a word (a new policy).

    Returns how many ended. Each review is its own transaction, so that one cannot hold up the
    rest; run by beat, harmless to run twice.
    """
    ended = 0
    for review_id in Review.objects.filter(outcome=ReviewOutcome.OPEN).values_list("pk", flat=True):
        with transaction.atomic():
            review = locked_review(review_id)
            if review.outcome != ReviewOutcome.OPEN:
                continue
            recompare(actor=None, cycle=review.cycle, reason="The evidence changed.")
            review.refresh_from_db(fields=("outcome",))
            if review.outcome != ReviewOutcome.OPEN:
                ended += 1
            elif review.expires_at <= now():
                transitions.closed(review, None, ReviewOutcome.EXPIRED)
                record = phase_record(review.cycle, review.phase)
                transitions.returned(record, None, "The review expired before it had its votes.")
                ended += 1
            elif decide(review=review, actor=None):
                ended += 1
    return ended
