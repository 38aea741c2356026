"""How many tokens a request really has, asked for from below: `evaluations` registers who knows.

Until something of the workload was run its sizes are an estimate by the kind of work. What a run
measured stands above `workloads` and cannot be imported by it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.matching import Measured
from workloads.lifecycle.models import Cycle


@dataclass(frozen=True, slots=True)
class Sizes:
    """The measured sizes by model, and where they were measured ("run 3"); never empty."""

    source: str
    measured: tuple[Measured, ...]

    @property
    def answers(self) -> int:
        """How many answers they are the means of."""
        return sum(one.answers for one in self.measured)

    def usual(self) -> tuple[int, int]:
        """Return the mean tokens in and out over all answers, rounded up."""
        means = (
            sum(one.tokens_in * one.answers for one in self.measured),
            sum(one.tokens_out * one.answers for one in self.measured),
        )
        return -(-means[0] // self.answers), -(-means[1] // self.answers)


_finders: list[Callable[[Cycle], Sizes | None]] = []


def register(finder: Callable[[Cycle], Sizes | None]) -> None:
    """Say how the measured sizes of a cycle are found (called in an app's ``ready``)."""
    if finder not in _finders:
        _finders.append(finder)


def measured_sizes(cycle: Cycle) -> Sizes | None:
    """Return the sizes that a run of this cycle measured, or None before there is one."""
    for finder in _finders:
        found = finder(cycle)
        if found is not None:
            return found
    return None
