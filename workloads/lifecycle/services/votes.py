"""Voting: opening the page of one exact manifest, casting a vote, lifting an objection."""

import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.lifecycle.enums import ReviewOutcome, VoteChoice
from workloads.lifecycle.manifests import manifest_digest as digest_of
from workloads.lifecycle.models import Review, ReviewReading, Vote
from workloads.lifecycle.policies import can_lift, can_vote, voting_remits
from workloads.lifecycle.selectors import gate_checks, manifest, missing, phase_record
from workloads.lifecycle.services import transitions
from workloads.lifecycle.services.decisions import decide
from workloads.lifecycle.services.locks import locked_review

_SALT = "workloads.lifecycle.reading"
NONCE_LIFETIME = timedelta(hours=24)


def open_review_page(*, actor: User, review: Review) -> ReviewReading:
    """Return the reading that the page of ``review`` carries: its one-time nonce and digest.

    Nothing is written: the nonce is signed over review, reader and the manifest as it is now. The
    reading is stored when a vote uses it.
    """
    digest = digest_of(manifest(review.cycle, review.phase))
    opened = now()
    nonce = signing.dumps(
        [str(review.pk), str(actor.pk), digest, opened.isoformat(), secrets.token_urlsafe(16)],
        salt=_SALT,
    )
    return ReviewReading(
        review=review, user=actor, manifest_digest=digest, nonce=nonce, opened_at=opened
    )


@transaction.atomic
def cast_vote(
    *,
    actor: User,
    review: Review,
    remit: str,
    choice: str,
    reason: str,
    manifest_digest: str,
    nonce: str,
    signed_in_at: datetime | None,
) -> Vote:
    """Say something in a review, and decide when this was the last word needed.

    One transaction, locks in the order workload > cycle > review. Raises, in this order: Conflict
    closed; Forbidden self_approval, contributed, role, not_in_roster; Conflict manifest_changed
    (with a link to the diff), already_voted, nonce; Forbidden fresh_sign_in; Invalid choice or
    min_length of the reason; NotReady when an approval meets a failing check.
    """
    review = locked_review(review.pk)
    verdict = can_vote(actor, review)
    if not verdict and verdict.rule != "already_voted":
        refusal = Conflict if verdict.rule == "closed" else Forbidden
        raise refusal(verdict.message, code=verdict.rule)
    _require_same_manifest(review, manifest_digest)
    if not verdict:
        raise Conflict(verdict.message, code=verdict.rule)
    reading = _reading(actor, review, nonce)
    _require_fresh_sign_in(review, signed_in_at)
    said = _choice(choice)
    if remit not in voting_remits(actor, review):
        raise Forbidden("You do not hold this remit in this review.", code="role")
    words = _reason(said, reason)
    if said == VoteChoice.APPROVE:
        lacking = missing(gate_checks(review.cycle, review.phase))
        if lacking:
            raise NotReady(
                "Nobody can approve this now: "
                + "; ".join(check.detail or check.label for check in lacking),
                link=_gate(review),
            )
    reading.used_at = now()
    reading.save(force_insert=True)
    vote = Vote.objects.create(
        review=review,
        voter=actor,
        remit=remit,
        choice=said,
        reason=words,
        manifest_digest=review.manifest_digest,
        at=now(),
    )
    audit.record(
        actor=actor,
        action="review.vote_cast",
        kind="vote",
        ref=str(vote.pk),
        workload=review.cycle.workload.ref,
        detail={
            "phase": review.phase,
            "round": review.round,
            "remit": remit,
            "choice": said,
            "manifest_digest": review.manifest_digest,
        },
    )
    if said in (VoteChoice.REQUEST_CHANGES, VoteChoice.REJECT):
        outcome = (
            ReviewOutcome.REJECTED if said == VoteChoice.REJECT else ReviewOutcome.CHANGES_REQUESTED
        )
        transitions.closed(review, actor, outcome, words)
        transitions.reopened(phase_record(review.cycle, review.phase), actor, words)
    else:
        decide(review=review, actor=actor)
    return vote


def _require_same_manifest(review: Review, seen: str) -> None:
    present = digest_of(manifest(review.cycle, review.phase))
    if not seen == present == review.manifest_digest:
        raise Conflict(
            "The evidence is not what you read: it changed since. Look at what changed.",
            code="manifest_changed",
            link=f"{_gate(review)}#changes",
        )


def _reading(actor: User, review: Review, nonce: str) -> ReviewReading:
    """Return the reading of a nonce, not yet stored. Raises Conflict (nonce)."""
    again = Conflict("Open the page of this review again, then vote.", code="nonce")
    try:
        said = signing.loads(nonce, salt=_SALT, max_age=NONCE_LIFETIME)
    except signing.BadSignature as problem:
        raise again from problem
    if said[:3] != [str(review.pk), str(actor.pk), review.manifest_digest]:
        raise again
    if ReviewReading.objects.filter(nonce=said[4]).exists():
        raise Conflict("This vote form was used already. Open the page again.", code="nonce")
    return ReviewReading(
        review=review,
        user=actor,
        manifest_digest=review.manifest_digest,
        nonce=said[4],
        opened_at=datetime.fromisoformat(said[3]),
    )


def _require_fresh_sign_in(review: Review, signed_in_at: datetime | None) -> None:
    if review.tier not in policy().gates[review.phase].fresh_sign_in_tiers:
        return
    minutes = int(policy().number("reviews", "fresh_sign_in_minutes"))
    if signed_in_at is None or now() - signed_in_at > timedelta(minutes=minutes):
        raise Forbidden(
            f"Sign in again: this gate asks for a sign-in of the last {minutes} minutes.",
            code="fresh_sign_in",
            link=f"{reverse('account_reauthenticate')}?next={_gate(review)}",
        )


def _choice(choice: str) -> VoteChoice:
    try:
        return VoteChoice(choice)
    except ValueError as problem:
        names = ", ".join(VoteChoice.values)
        raise Invalid.field("choice", "choice", f"Choose one of: {names}.") from problem


def _reason(choice: VoteChoice, reason: str) -> str:
    entry = {
        VoteChoice.REQUEST_CHANGES: "change_request_reason_min",
        VoteChoice.REJECT: "rejection_reason_min",
        VoteChoice.OBJECT: "rejection_reason_min",
    }.get(choice)
    minimum = int(policy().number("reviews", entry)) if entry else 0
    return clean_text(reason, field="reason", minimum=minimum, maximum=4_000)


def _gate(review: Review) -> str:
    return reverse(
        "lifecycle:gate", kwargs={"ref": review.cycle.workload.ref, "phase_key": review.phase}
    )


@transaction.atomic
def lift_objection(*, actor: User, vote: Vote) -> Vote:
    """Lift one's own objection, and decide when it was all that stood in the way.

    The person may then vote again. Raises Forbidden (not_author) or Conflict (no_objection,
    closed).
    """
    review = locked_review(vote.review_id)
    vote = Vote.objects.get(pk=vote.pk)
    vote.review = review
    verdict = can_lift(actor, vote)
    if not verdict:
        refusal = Forbidden if verdict.rule == "not_author" else Conflict
        raise refusal(verdict.message, code=verdict.rule)
    vote.lifted_at = now()
    vote.save(update_fields=("lifted_at",))
    audit.record(
        actor=actor,
        action="review.objection_lifted",
        kind="vote",
        ref=str(vote.pk),
        workload=review.cycle.workload.ref,
        detail={"phase": review.phase, "round": review.round},
    )
    decide(review=review, actor=actor)
    return vote
