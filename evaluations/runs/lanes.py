"""One lane per model of a run: its items in hand, its pace, and whether it is given up."""

from collections import deque
from collections.abc import Iterable

from evaluations.runs.outcomes import Work
from portal.gateway.pacing import Pace, Ticket

# So many openings of the circuit without one answer between them, and the model is given up.
OPENINGS_TO_GIVE_UP = 3


class Lane:
    """The items for one gateway alias. Candidates that share an alias share its limits."""

    def __init__(self, alias: str, concurrency: int) -> None:
        self.alias = alias
        self.pace: Pace[Work] = Pace(concurrency)
        self._ready: deque[Work] = deque()
        self._openings_at_answer = 0

    def add(self, work: Work) -> None:
        """Take in an item that waits for its first call."""
        self._ready.append(work)

    @property
    def waiting(self) -> int:
        """How many items wait for a first call."""
        return len(self._ready)

    @property
    def held(self) -> int:
        """How many items are in hand and not in flight."""
        return len(self._ready) + self.pace.parked

    def due(self) -> float | None:
        """Seconds until a call may start; 0.0 now; None when nothing waits or a call must end."""
        if self._ready:
            item = 0.0
        else:
            parked = self.pace.next_ready_in()
            if parked is None:
                return None
            item = parked
        pace = self.pace.wait()
        return None if pace is None else max(item, pace)

    def take(self) -> tuple[Work, Ticket]:
        """Start a call: return the item and its ticket. Only when `due` says 0.0."""
        work = self.pace.unpark() or self._ready.popleft()
        return work, self.pace.start()

    def answered(self) -> None:
        """Note that the model answered, in whatever way."""
        self._openings_at_answer = self.pace.openings

    @property
    def hopeless(self) -> bool:
        """Whether the circuit opened again and again without one answer between."""
        return self.pace.openings - self._openings_at_answer >= OPENINGS_TO_GIVE_UP

    def drop(self, candidates: Iterable[int]) -> list[Work]:
        """Take out the items of ``candidates``."""
        out = set(candidates)
        dropped = [work for work in self._ready if work.candidate in out]
        self._ready = deque(work for work in self._ready if work.candidate not in out)
        for work in self.pace.drain():
            if work.candidate in out:
                dropped.append(work)
            else:
                # Its time is kept short: what made it wait said nothing about this candidate.
                self._ready.append(work)
        return dropped

    def drain(self) -> list[Work]:
        """Take out everything that is not in flight."""
        out = [*self._ready, *self.pace.drain()]
        self._ready.clear()
        return out
