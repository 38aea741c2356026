"""Who counts in a review: contributors, the electorate, and how its votes stand.

Everything is read anew at each question, never from a flag: a person who lost a role, or who
contributed meanwhile, stops counting without anybody having to remember it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from portal.accounts.models import User
from portal.common.policy import Requirement, policy
from workloads.lifecycle.enums import VoteChoice
from workloads.lifecycle.look import Holder, Look
from workloads.lifecycle.models import Cycle, Review, Vote, Workload
from workloads.lifecycle.quorum import Ballot, assign

# Before the brief says enough for a tier, a gate asks for what the strictest tier asks for.
STRICTEST_TIER = 4


def votes_needed(workload: Workload, phase_key: str) -> tuple[Requirement, ...]:
    """Return the votes that the gate of ``phase_key`` asks for at the workload's present tier."""
    return (
        policy()
        .gates[phase_key]
        .votes_needed(workload.tier or STRICTEST_TIER, personal_data=workload.personal_data)
    )


def contributors(cycle: Cycle, phase_key: str) -> set[UUID]:
    """Return everyone who may not vote on the gate because they had a hand in it.

    The authors of every phase up to it, the owners, and who asked for a review on the way.
    """
    look = Look(cycle)
    return {*look.authors(phase_key), *look.owners, *look.requesters(phase_key)}


def roster(look: Look, requirements: Sequence[Requirement]) -> dict[str, list[str]]:
    """Return who may vote now, by remit, as a review stores it: the remits that are asked for."""
    asked = {remit for requirement in requirements for remit in requirement}
    found: dict[str, list[str]] = {}
    for holder in look.holders:
        if holder.remit in asked and holder.user.pk not in look.administrators:
            found.setdefault(holder.remit, []).append(str(holder.user.pk))
    return {remit: sorted(found[remit]) for remit in sorted(found)}


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


def electorate(review: Review, look: Look | None = None) -> Electorate:
    """Return who may vote in ``review`` now."""
    look = look or Look(review.cycle)
    held: dict[str, set[UUID]] = {}
    held_now: dict[str, set[UUID]] = {}
    for holder in look.holders:
        held_now.setdefault(holder.remit, set()).add(holder.user.pk)
        if holder.granted_at <= review.requested_at:
            held.setdefault(holder.remit, set()).add(holder.user.pk)
    return Electorate(
        asked=frozenset(remit for one in _requirements(review) for remit in one),
        listed={
            remit: frozenset(UUID(one) for one in people) for remit, people in review.roster.items()
        },
        held=held,
        held_now=held_now,
        owners=look.owners,
        authors=look.authors(review.phase),
        requesters=look.requesters(review.phase),
        administrators=look.administrators,
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
    look: Look | None = None,
) -> Tally:
    """Count the votes of ``review`` over the people who are eligible now.

    ``requirements`` counts them against another list (the present tier's) than the one of the
    request.
    """
    needed = _requirements(review) if requirements is None else tuple(requirements)
    look = look or Look(review.cycle)
    people = electorate(review, look)
    counted, ineligible = [], []
    for vote in look.votes(review):
        bar = people.bar(vote.voter_id, vote.remit)
        if bar is None:
            counted.append(vote)
        else:
            ineligible.append((vote, bar))
    approvals = [vote for vote in counted if vote.choice == VoteChoice.APPROVE]
    filled = assign(needed, [Ballot(vote.voter_id, vote.remit) for vote in approvals])
    voted = {vote.voter_id for vote in counted}
    could = [
        holder
        for holder in look.holders
        if holder.user.pk not in voted
        and holder.remit in people.remits(holder.user.pk)
        and people.bar(holder.user.pk) is None
    ]
    return Tally(
        slots=tuple(
            Slot(
                requirement,
                None if index is None else approvals[index],
                _people(could, requirement),
            )
            for requirement, index in zip(needed, filled, strict=True)
        ),
        objections=tuple(vote for vote in counted if vote.choice == VoteChoice.OBJECT),
        ineligible=tuple(ineligible),
    )


def _people(holders: Sequence[Holder], requirement: Requirement) -> tuple[User, ...]:
    return tuple({h.user.pk: h.user for h in holders if h.remit in requirement}.values())


def expected_slots(phase_key: str, look: Look) -> tuple[Slot, ...]:
    """Return the votes that the gate would need if it were submitted now, and who could give them.

    Who submits is not known yet and may turn out to be one of them; owners and authors are out.
    """
    needed = votes_needed(look.cycle.workload, phase_key)
    if not needed:
        return ()
    barred = {
        *look.administrators, *look.authors(phase_key), *look.owners, *look.requesters(phase_key)
    }  # fmt: skip
    able = [holder for holder in look.holders if holder.user.pk not in barred]
    return tuple(Slot(one, None, _people(able, one)) for one in needed)
