"""The winner of phase 4, asked for from below: `evaluations` registers how it is found.

`evaluations.scorecards` stands above `workloads` and cannot be imported by it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from portal.common.readonce import read_once
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import EvidenceItem


@dataclass(frozen=True, slots=True)
class Winner:
    """The candidate that phase 4 chose, and the scorecard that shows why.

    ``scored_prompts`` counts the prompt versions of the workload that were scored so far.
    """

    entry_id: UUID
    alias: str
    scorecard: EvidenceItem
    rationale: str
    scored_prompts: int


_finders: list[Callable[[Cycle], Winner | None]] = []


def register(finder: Callable[[Cycle], Winner | None]) -> None:
    """Say how the winner of a cycle is found (called in an app's ``ready``)."""
    if finder not in _finders:
        _finders.append(finder)


@read_once
def winner_of(cycle: Cycle) -> Winner | None:
    """Return the winner of phase 4, or None while there is none."""
    for finder in _finders:
        winner = finder(cycle)
        if winner is not None:
            return winner
    return None
