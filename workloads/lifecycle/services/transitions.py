"""The only code that writes where a phase stands and how a review ended.

Each transition leaves one audit event, in the transaction of the change.
"""

from typing import Any

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from workloads.lifecycle.enums import PhaseState, ReviewOutcome
from workloads.lifecycle.manifests import manifest_digest, stored
from workloads.lifecycle.models import PhaseRecord, Review
from workloads.lifecycle.phases import EvidenceItem


def _event(actor: User | None, record: PhaseRecord, action: str, **detail: Any) -> None:
    workload = record.cycle.workload
    audit.record(
        actor=actor,
        action=action,
        kind="phase",
        ref=f"{workload.ref}/{record.cycle.number}/{record.phase}",
        workload=workload.ref,
        detail={"phase": record.phase, "state": record.state, **detail},
    )


def _save(record: PhaseRecord, actor: User | None) -> None:
    record.updated_by = actor
    record.save(
        update_fields=(
            "state", "passed_at", "manifest", "manifest_digest", "review", "reason", "reason_by",
            "updated_by", "updated_at",
        )
    )  # fmt: skip


def submitted(record: PhaseRecord, actor: User) -> None:
    """The phase goes into review; what was pinned to it is answered by the submission."""
    record.state, record.reason, record.reason_by = PhaseState.IN_REVIEW, "", ""
    _save(record, actor)
    _event(actor, record, "phase.submitted")


def passed(
    record: PhaseRecord, actor: User | None, items: list[EvidenceItem], review: Review | None
) -> None:
    """The phase passes on exactly these bytes."""
    record.state, record.passed_at = PhaseState.PASSED, now()
    record.manifest, record.manifest_digest = stored(items), manifest_digest(items)
    record.review, record.reason, record.reason_by = review, "", ""
    _save(record, actor)
    _event(
        actor,
        record,
        "phase.passed",
        manifest_digest=record.manifest_digest,
        by="votes" if review else "checks",
    )


def reopened(record: PhaseRecord, actor: User | None, reason: str) -> None:
    """The phase is open again: its work is to be done anew. What was passed stays for the diff."""
    record.state, record.passed_at = PhaseState.OPEN, None
    record.reason, record.reason_by = reason, _label(actor)
    _save(record, actor)
    _event(actor, record, "phase.reopened", reason=reason[:200])


def became_stale(record: PhaseRecord, actor: User | None, reason: str) -> None:
    """The approval no longer holds: the phase is to be reconfirmed."""
    record.state = PhaseState.STALE
    record.reason, record.reason_by = reason, _label(actor)
    _save(record, actor)
    _event(actor, record, "phase.stale", reason=reason[:200])


def returned(record: PhaseRecord, actor: User | None, reason: str = "") -> None:
    """A review ended without a decision: the phase stands where it stood before."""
    record.state = PhaseState.STALE if record.passed_at else PhaseState.OPEN
    record.reason, record.reason_by = reason, _label(actor) if reason else ""
    _save(record, actor)
    _event(actor, record, "phase.returned", reason=reason[:200])


def closed(review: Review, actor: User | None, outcome: ReviewOutcome, note: str = "") -> None:
    """The review ends with ``outcome``; the database lets an open one end once."""
    review.outcome, review.closed_at, review.note = outcome, now(), note
    review.updated_by = actor
    review.save(update_fields=("outcome", "closed_at", "note", "updated_by", "updated_at"))
    audit.record(
        actor=actor,
        action=f"review.{outcome.value}",
        kind="review",
        ref=str(review.pk),
        workload=review.cycle.workload.ref,
        detail={
            "phase": review.phase,
            "round": review.round,
            "manifest_digest": review.manifest_digest,
        },
    )


def _label(actor: User | None) -> str:
    return str(actor)[:160] if actor is not None else "Assay"
