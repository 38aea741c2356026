"""Who counts in a review: contributors, the electorate, and how its votes stand.

Everything is read anew at each question, never from a flag: a person who lost a role, or who
contributed meanwhile, stops counting without anybody having to remember it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.accounts.models import OrganisationRole, RoleGrant, User
from portal.accounts.selectors import reviewers_by_remit
from portal.common.policy import Requirement, policy
from workloads.lifecycle.enums import MemberRole, VoteChoice
from workloads.lifecycle.models import Cycle, Membership, Review, Vote, Workload
from workloads.lifecycle.phases import up_to
from workloads.lifecycle.quorum import Ballot, assign

# Before the brief says enough for a tier, a gate asks for what the strictest tier asks for.
STRICTEST_TIER = 4


def votes_needed(workload: Workload, phase_key: str) -> tuple[Requirement, ...]:
    """Return the votes that the gate of ``phase_key`` asks for at the workload's present tier."""
    return policy().gates[phase_key].votes_needed(
        workload.tier or STRICTEST_TIER, personal_data=workload.personal_data
    )


def owners(workload: Workload) -> set[UUID]:
    """Return the owner and every co-owner."""
    co_owners = Membership.objects.filter(
        workload=workload, role=MemberRole.OWNER, ended_at=None
    ).values_list("user_id", flat=True)
    return {workload.owner_id, *co_owners}


def authors(cycle: Cycle, phase_key: str) -> set[UUID]:
    """Return who made or edited what the gate pins, by version authorship, up to this phase."""
    return {person for phase in up_to(phase_key) for person in phase.contributors(cycle)}


def contributors(cycle: Cycle, phase_key: str) -> set[UUID]:
    """Return everyone who may not vote on the gate because they had a hand in it.

    The authors of every phase up to it, the owners, and who asked for a review on the way.
    """
    keys = [phase.key for phase in up_to(phase_key)]
    requesters = Review.objects.filter(cycle=cycle, phase__in=keys).values_list(
        "requested_by_id", flat=True
    )
    return authors(cycle, phase_key) | owners(cycle.workload) | set(requesters)


def administrators() -> set[UUID]:
    """Return who administers the portal: they never vote, whatever other role they hold."""
    granted = RoleGrant.objects.filter(
        role=OrganisationRole.PLATFORM_ADMIN, revoked_at=None
    ).values_list("user_id", flat=True)
    return {*granted, *User.objects.filter(is_superuser=True).values_list("pk", flat=True)}


def roster(requirements: Sequence[Requirement]) -> dict[str, list[str]]:
    """Return who may vote now, by remit, as a review stores it: the remits that are asked for."""
    asked = {remit for requirement in requirements for remit in requirement}
    barred = administrators()
    return {
        remit: sorted(str(person) for person in people - barred)
        for remit, people in sorted(reviewers_by_remit().items())
        if remit in asked
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """Why somebody's vote does not count: the rule's name, and a sentence for that person."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Electorate:
    """Who may vote in one review, as of now."""

    asked: frozenset[str]
    listed: Mapping[str, frozenset[UUID]]
    # Who holds a remit by a grant that is older than the request, and who holds it at all.
    held: Mapping[str, set[UUID]]
    held_now: Mapping[str, set[UUID]]
    owners: frozenset[UUID]
    authors: frozenset[UUID]
    requesters: frozenset[UUID]
    administrators: frozenset[UUID]

    def remits(self, person: UUID) -> list[str]:
        """Return the remits in whose name ``person`` may vote here, by roster and by role."""
        return sorted(
            remit
            for remit in self.asked
            if person in self.listed.get(remit, ()) and person in self.held.get(remit, ())
        )

    def bar(self, person: UUID, remit: str = "") -> Bar | None:
        """Return why ``person`` may not vote (in the name of ``remit``), or None."""
        if person in self.owners or person in self.requesters:
            return Bar(
                "self_approval",
                "You own this workload or asked for this review. Somebody else has to decide.",
            )
        if person in self.authors:
            return Bar(
                "contributed",
                "You made or edited a part of what is reviewed. Somebody else has to decide.",
            )
        if person in self.administrators:
            return Bar("role", "A platform admin keeps accounts and settings, and never votes.")
        names = ", ".join(sorted(self.asked)) or "nobody"
        if not any(person in self.held_now.get(r, ()) for r in self.asked):
            return Bar("role", f"This gate asks for reviewers of: {names}. You are none of them.")
        allowed = self.remits(person)
        if not allowed:
            return Bar(
                "not_in_roster",
                "Your role was granted after this review was requested. It counts from the next"
                " request on.",
            )
        if remit and remit not in allowed:
            return Bar("role", f"You may vote here for: {', '.join(allowed)}.")
        return None


def electorate(review: Review) -> Electorate:
    """Return who may vote in ``review`` now."""
    requirements = _requirements(review)
    keys = [phase.key for phase in up_to(review.phase)]
    requesters = Review.objects.filter(cycle=review.cycle_id, phase__in=keys).values_list(
        "requested_by_id", flat=True
    )
    return Electorate(
        asked=frozenset(remit for requirement in requirements for remit in requirement),
        listed={
            remit: frozenset(UUID(one) for one in people) for remit, people in review.roster.items()
        },
        held=reviewers_by_remit(granted_before=review.requested_at),
        held_now=reviewers_by_remit(),
        owners=frozenset(owners(review.cycle.workload)),
        authors=frozenset(authors(review.cycle, review.phase)),
        requesters=frozenset(requesters),
        administrators=frozenset(administrators()),
    )


def _requirements(review: Review) -> tuple[Requirement, ...]:
    return tuple(frozenset(one) for one in review.requirements)


@dataclass(frozen=True, slots=True)
class Slot:
    """One vote that a gate needs: from which remits, who gave it, who else could."""

    requirement: Requirement
    vote: Vote | None
    could: tuple[User, ...]

    @property
    def label(self) -> str:
        """The remits in words: "Risk or security"."""
        return " or ".join(sorted(self.requirement)).capitalize()


@dataclass(frozen=True, slots=True)
class Tally:
    """How the votes of a review stand, over the people who count now."""

    slots: tuple[Slot, ...]
    objections: tuple[Vote, ...]
    # Votes that no longer count, each with the reason.
    ineligible: tuple[tuple[Vote, Bar], ...]

    @property
    def filled(self) -> int:
        """How many of the votes needed are there."""
        return sum(slot.vote is not None for slot in self.slots)

    @property
    def complete(self) -> bool:
        """Whether every vote is there and nobody objects."""
        return self.filled == len(self.slots) and not self.objections


def tally(
    review: Review,
    *,
    requirements: Sequence[Requirement] | None = None,
    voters: Electorate | None = None,
) -> Tally:
    """Count the votes of ``review`` over the people who are eligible now.

    ``requirements`` counts them against another list (the present tier's) than the one of the
    request; ``voters`` saves reading the electorate twice.
    """
    needed = _requirements(review) if requirements is None else tuple(requirements)
    people = voters or electorate(review)
    standing = list(
        review.votes.filter(lifted_at=None, struck_at=None).select_related("voter")
    )
    counted, ineligible = [], []
    for vote in standing:
        bar = people.bar(vote.voter_id, vote.remit)
        if bar is None:
            counted.append(vote)
        else:
            ineligible.append((vote, bar))
    approvals = [vote for vote in counted if vote.choice == VoteChoice.APPROVE]
    filled = assign(needed, [Ballot(vote.voter_id, vote.remit) for vote in approvals])
    voted = {vote.voter_id for vote in counted}
    could = _could_vote(people, voted)
    return Tally(
        slots=tuple(
            Slot(
                requirement,
                None if index is None else approvals[index],
                tuple(user for user, remits in could if remits & requirement),
            )
            for requirement, index in zip(needed, filled, strict=True)
        ),
        objections=tuple(vote for vote in counted if vote.choice == VoteChoice.OBJECT),
        ineligible=tuple(ineligible),
    )


def _could_vote(people: Electorate, voted: set[UUID]) -> list[tuple[User, set[str]]]:
    listed = {person for names in people.listed.values() for person in names} - voted
    able = {person for person in listed if people.bar(person) is None}
    return [(user, set(people.remits(user.pk))) for user in User.objects.filter(pk__in=able)]


def expected_slots(cycle: Cycle, phase_key: str) -> tuple[Slot, ...]:
    """Return the votes that the gate would need if it were submitted now, and who could give them.

    Who submits is not known yet and may turn out to be one of them; owners and authors are out.
    """
    needed = votes_needed(cycle.workload, phase_key)
    if not needed:
        return ()
    barred = administrators() | contributors(cycle, phase_key)
    by_remit = reviewers_by_remit()
    users = {
        user.pk: user
        for user in User.objects.filter(
            pk__in={p for people in by_remit.values() for p in people} - barred
        )
    }
    return tuple(
        Slot(
            requirement,
            None,
            tuple(
                user
                for key, user in users.items()
                if any(key in by_remit.get(remit, ()) for remit in requirement)
            ),
        )
        for requirement in needed
    )
