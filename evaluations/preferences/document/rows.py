"""What a closed study's document is made of: the verdicts, and everything beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluations.preferences.enums import Outcome, outcome_of
from evaluations.statistics.preference import LOSS, TIE, WIN

_VALUES = {Outcome.FIRST: WIN, Outcome.SECOND: LOSS, Outcome.TIE: TIE, Outcome.BOTH_BAD: TIE}


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What the rater at ``seat`` said about the pair at ``position``."""

    position: int
    seat: int
    choice: str
    first_is_a: bool

    @property
    def outcome(self) -> Outcome:
        """The verdict with the sides taken away."""
        return outcome_of(self.choice, first_is_a=self.first_is_a)

    @property
    def value(self) -> float:
        """The verdict as a number, seen from the first candidate."""
        return _VALUES[self.outcome]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything beside the verdicts.

    ``seats`` says by seat whether that rater works on the workload, ``asked`` how many pairs were
    theirs; ``lengths`` are the characters of both answers of each pair.
    """

    plan: Mapping[str, Any]
    plan_digest: str
    cycle: int
    seats: Mapping[int, bool]
    asked: Mapping[int, int]
    lengths: Mapping[int, tuple[int, int]]
    simulated: bool
    closed_at: datetime | None
    close_reason: str
