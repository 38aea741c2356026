"""The items of a run: one call each, in one sealed order that is never stored.

Item ``i`` stands for a repeat, an example and a candidate; the candidate runs fastest, so that
all candidates advance together and see the gateway at the same time of day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Small enough that a dead driver loses little, large enough that claiming costs little.
SMALLEST_LEASE = 10
LARGEST_LEASE = 25


@dataclass(frozen=True, slots=True)
class Place:
    """What one item is: indexes into the plan's candidates and the version's examples."""

    index: int
    candidate: int
    example: int
    repeat: int


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a run of ``candidates`` x ``examples`` x ``repeats``."""

    candidates: int
    examples: int
    repeats: int

    @property
    def planned(self) -> int:
        """How many items there are."""
        return self.candidates * self.examples * self.repeats

    def place(self, index: int) -> Place:
        """Return what item ``index`` is."""
        rest, candidate = divmod(index, self.candidates)
        repeat, example = divmod(rest, self.examples)
        return Place(index, candidate, example, repeat + 1)


def lease_size(planned: int, concurrency: int) -> int:
    """Return how many items a lease has: 10 to 25, smaller when there are few items."""
    wanted = planned // max(1, 4 * concurrency)
    return max(1, min(LARGEST_LEASE, max(SMALLEST_LEASE, wanted), planned))


def cut(planned: int, size: int, estimates: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (first, count, estimate in micro) of leases over all items.

    ``estimates`` gives each item's worst case.
    """
    for first in range(0, planned, size):
        count = min(size, planned - first)
        yield first, count, sum(estimates[first : first + count])
