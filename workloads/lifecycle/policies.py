"""Who may do what, asked by services and templates alike: a button that shows is one that works."""

from dataclasses import dataclass
from typing import Literal

from portal.accounts.models import OrganisationRole, User
from portal.accounts.selectors import AnyUser, has_role, remits_of
from portal.common.errors import Forbidden
from workloads.lifecycle.enums import CycleState, MemberRole, ReviewOutcome, VoteChoice
from workloads.lifecycle.models import Cycle, Review, Vote, Workload
from workloads.lifecycle.roles import newest_cycle, role_in, sees_every_workload
from workloads.lifecycle.voters import electorate

__all__ = [
    "Verdict",
    "can_create",
    "can_edit",
    "can_lift",
    "can_override_tier",
    "can_own",
    "can_view",
    "can_vote",
    "require",
    "role_in",
    "voting_remits",
]

Level = Literal["view", "edit", "own"]
EDITORS = {MemberRole.OWNER.value, MemberRole.CONTRIBUTOR.value}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed; if not, which rule says so, in words for that person."""

    allowed: bool
    rule: str = ""
    message: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True)


def _no(rule: str, message: str) -> Verdict:
    return Verdict(False, rule, message)


def can_create(user: AnyUser) -> Verdict:
    """Whether ``user`` may make a workload: every active person but an auditor, who only reads."""
    if not isinstance(user, User) or not user.is_active or user.is_service_account:
        return _no("role", "Only a person with an active account makes a workload.")
    if has_role(user, OrganisationRole.AUDITOR):
        return _no("role", "An auditor reads everything and changes nothing.")
    return ALLOWED


def can_view(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may see the workload: members, reviewers, auditors."""
    if role_in(user, workload) or sees_every_workload(user):
        return ALLOWED
    return _no("role", "You are not a member of this workload.")


def can_edit(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may change the records of the open cycle: its owner and contributors."""
    if not role_in(user, workload) & EDITORS:
        return _no("role", "The owner and the contributors of this workload can do this.")
    cycle = newest_cycle(workload)
    if cycle is None or cycle.state != CycleState.OPEN:
        return _no("cycle_closed", "This cycle is closed; a change happens in the next one.")
    return ALLOWED


def can_own(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may decide for the workload: members, what is live."""
    if MemberRole.OWNER.value in role_in(user, workload):
        return ALLOWED
    return _no("role", "The owner of this workload can do this.")


def can_override_tier(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may have a say in another risk tier: a reviewer who does not work on it.

    Whoever administers the portal has none, a superuser included, as in a vote.
    """
    if not isinstance(user, User) or not remits_of(user):
        return _no("role", "Only a reviewer sets another tier.")
    if user.is_superuser or has_role(user, OrganisationRole.PLATFORM_ADMIN):
        return _no("role", "An administrator decides nothing about a workload.")
    if role_in(user, workload) & EDITORS:
        return _no("self_approval", "Who owns or works on a workload does not set its tier.")
    if not Cycle.objects.filter(workload=workload, state=CycleState.OPEN).exists():
        return _no("cycle_closed", "This cycle is closed; a change happens in the next one.")
    return ALLOWED


def can_vote(user: AnyUser, review: Review) -> Verdict:
    """Whether ``user`` may vote in ``review`` now, by every rule that concerns the person.

    Rules: closed, self_approval, contributed, role, not_in_roster, already_voted. What concerns
    the form (manifest, nonce, fresh sign-in, reason) is checked by `services.cast_vote`.
    """
    if review.outcome != ReviewOutcome.OPEN:
        return _no("closed", f"This review is closed: {review.get_outcome_display().lower()}.")
    if not isinstance(user, User) or not user.is_active or user.is_service_account:
        return _no("role", "Only a person with an active account votes.")
    bar = electorate(review).bar(user.pk)
    if bar is not None:
        return _no(bar.rule, bar.message)
    standing = Vote.objects.filter(review=review, voter=user, lifted_at=None, struck_at=None)
    vote = standing.first()
    if vote is not None:
        return _no(
            "already_voted", f"You voted already in this round: {vote.get_choice_display()}."
        )
    return ALLOWED


def voting_remits(user: AnyUser, review: Review) -> list[str]:
    """Return the remits in whose name ``user`` may vote in ``review`` now."""
    if not isinstance(user, User) or not user.is_active:
        return []
    return electorate(review).remits(user.pk)


def can_lift(user: AnyUser, vote: Vote) -> Verdict:
    """Whether ``user`` may lift an objection: its author alone, while the review is open."""
    if vote.choice != VoteChoice.OBJECT or vote.lifted_at or vote.struck_at:
        return _no("no_objection", "There is no standing objection here.")
    if vote.voter_id != user.pk:
        return _no("not_author", "Only the person who objected can lift the objection.")
    if vote.review.outcome != ReviewOutcome.OPEN:
        return _no("closed", "This review is closed.")
    return ALLOWED


def require(user: AnyUser, workload: Workload, level: Level) -> None:
    """Raise Forbidden with the rule's name unless ``user`` may view, edit or own the workload."""
    ask = {"view": can_view, "edit": can_edit, "own": can_own}[level]
    verdict = ask(user, workload)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
