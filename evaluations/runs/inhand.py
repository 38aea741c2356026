"""The leases that a driver holds, and how much of each is still to be written."""

from evaluations.runs.hands import Held, Row
from evaluations.runs.outcomes import Work


class InHand:
    """A driver's leases. What is forgotten is not called for, and nothing of it is written."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._open: dict[int, int] = {}  # items of each lease that were not written
        self._skipped: dict[int, int] = {}

    def take(self, held: Held) -> list[int]:
        """Take a lease up; return its items that have no result yet."""
        items = [i for i in range(held.first, held.first + held.count) if i not in held.finished]
        self._held[held.id] = held
        self._open[held.id] = len(items)
        return items

    def forget(self, lease: int) -> None:
        """A lease is finished, or was taken from us."""
        self._held.pop(lease, None)
        self._open.pop(lease, None)
        self._skipped.pop(lease, None)

    def written(self, row: Row) -> None:
        """A row was written; the last one of a lease ends it."""
        left = self._open.get(row.lease)
        if left is not None:
            self._open[row.lease] = left - 1
            if left <= 1:
                self.forget(row.lease)

    def skip(self, work: Work) -> int | None:
        """Count an item that will not be called; return how many of its lease, None if not ours."""
        if work.lease not in self._held:
            return None
        total = self._skipped[work.lease] = self._skipped.get(work.lease, 0) + 1
        return total

    def of(self, work: Work) -> Held | None:
        """Return the lease of an item while it is ours, with the fence that the item was given."""
        held = self._held.get(work.lease)
        return held if held is not None and held.fence == work.fence else None

    @property
    def leases(self) -> list[Held]:
        """Every lease that is held."""
        return list(self._held.values())

    @property
    def alone(self) -> bool:
        """Whether something is held that must be driven with nothing beside it."""
        return any(held.alone for held in self._held.values())
