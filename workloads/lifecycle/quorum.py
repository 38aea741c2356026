"""Who fills which of the votes that a gate needs: pure functions on plain data."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Requirement = frozenset[str]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One approving vote: by whom, in the name of which remit."""

    voter: Hashable
    remit: str


def assign(requirements: Sequence[Requirement], ballots: Sequence[Ballot]) -> list[int | None]:
    """Return for each requirement the index of the ballot that fills it, or None.

    Each ballot fills at most one requirement, each voter counts once, and as many requirements
    are filled as can be (augmenting paths, Kuhn 1955). A vote for "risk" therefore moves over to
    the requirement that only risk can fill when another voter can take its former place.
    """
    usable: dict[Hashable, int] = {}
    for index, ballot in enumerate(ballots):
        usable.setdefault(ballot.voter, index)
    first_of_each_voter = sorted(usable.values())
    filled: list[int | None] = [None] * len(requirements)

    def place(ballot: int, tried: set[int]) -> bool:
        for slot, requirement in enumerate(requirements):
            if slot in tried or ballots[ballot].remit not in requirement:
                continue
            tried.add(slot)
            occupant = filled[slot]
            if occupant is None or place(occupant, tried):
                filled[slot] = ballot
                return True
        return False

    for index in first_of_each_voter:
        place(index, set())
    return filled


def satisfied(requirements: Sequence[Requirement], ballots: Sequence[Ballot]) -> bool:
    """Whether every requirement is filled by a voter of its own."""
    return None not in assign(requirements, ballots)
