"""The calls of one driver: which item is asked next, how each ends, what is tried again.

Knows nothing of the database: what has to be written or booked goes through `Desk`.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Protocol

from evaluations.runs.hands import Row
from evaluations.runs.lanes import Lane
from evaluations.runs.outcomes import Recorder, Work, added
from evaluations.runs.runtime import Workbench
from evaluations.runs.targets import HeldBack, Target, Unrenderable
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import GiveUp, Pace, RetryPolicy, Ticket
from portal.gateway.transport import GatewayClient
from portal.gateway.types import Completion, CompletionRequest


class Desk(Protocol):
    """What calls need from their driver."""

    def ended(self, row: Row) -> None:
        """An item ended; its row is to be written."""

    def skip(self, work: Work) -> None:
        """An item's candidate was given up."""

    def holds(self, work: Work) -> bool:
        """Whether the item's lease is still ours."""

    async def book_lost(self, work: Work) -> bool:
        """Book an attempt that may be billed and reserve another; False over the cap."""

    async def give_up(self, positions: Iterable[int], error: GatewayError) -> None:
        """Note that these candidates are given up, for all drivers."""

    def settled(self) -> None:
        """A call ended and its place was filled again, if it could be."""


class Calls:
    """Keeps up to ``slots`` calls in flight, model by model at the pace that each allows."""

    def __init__(
        self,
        bench: Workbench,
        recorder: Recorder,
        desk: Desk,
        *,
        concurrency: int,
        retries: RetryPolicy,
    ) -> None:
        self._bench = bench
        self._recorder = recorder
        self._desk = desk
        self._retries = retries
        aliases = [pin.alias for pin in bench.plan.candidates]
        lanes = {alias: Lane(alias, concurrency) for alias in aliases}
        self._lanes = list(lanes.values())
        self._lane_of = [lanes[alias] for alias in aliases]
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0
        self._client: GatewayClient | None = None
        self.slots = 0
        self.in_flight = 0
        self.stopping = False
        self.given_up: frozenset[int] = frozenset()
        self.failure: BaseException | None = None

    def use(self, client: GatewayClient) -> None:
        """Make calls through ``client`` from now on."""
        self._client = client

    @property
    def paces(self) -> Mapping[str, Pace[Work]]:
        """The pace of each model, by its alias."""
        return {lane.alias: lane.pace for lane in self._lanes}

    # Items in hand

    def add(self, work: Work) -> None:
        """Take in an item that waits for its first call."""
        self._lane_of[work.candidate].add(work)

    @property
    def waiting(self) -> int:
        """How many items wait for a first call."""
        return sum(lane.waiting for lane in self._lanes)

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight, waiting or parked."""
        return not self.in_flight and not any(lane.held for lane in self._lanes)

    def give_up(self, positions: frozenset[int]) -> None:
        """Skip what is in hand of candidates that are given up."""
        news = positions - self.given_up
        self.given_up |= news
        for lane in {self._lane_of[one] for one in news}:
            for work in lane.drop(news):
                self._desk.skip(work)

    def stop(self) -> None:
        """Make no new call; what waits is let go with its lease."""
        self.stopping = True
        for lane in self._lanes:
            lane.drain()

    async def cut_off(self) -> None:
        """Break off what is in flight."""
        self.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Calling

    def dispatch(self) -> None:
        """Start calls while slots and paces allow; arm a timer for what has to wait."""
        soonest: float | None = None
        while self.in_flight < self.slots and not self.stopping:
            lane, soonest = self._next_lane()
            if lane is None:
                break
            work, ticket = lane.take()
            if not self._desk.holds(work):
                lane.pace.abandoned(ticket)
                continue
            self.in_flight += 1
            task = self._loop.create_task(self._attempt(lane, work, ticket))
            self._tasks.add(task)
            task.add_done_callback(self._attempt_ended)
        if soonest is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(max(soonest, 0.001), self.dispatch)

    def _next_lane(self) -> tuple[Lane | None, float | None]:
        """Return the next lane that may call now, in turn; else when the first one may."""
        soonest: float | None = None
        count = len(self._lanes)
        for step in range(count):
            lane = self._lanes[(self._turn + step) % count]
            due = lane.due()
            if due == 0.0:
                self._turn = (self._turn + step + 1) % count
                return lane, None
            if due is not None and (soonest is None or due < soonest):
                soonest = due
        return None, soonest

    def _attempt_ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self.in_flight -= 1
        if not task.cancelled() and task.exception() is not None:
            self.failure = self.failure or task.exception()
            self.stop()
        self.dispatch()
        self._desk.settled()

    async def _attempt(self, lane: Lane, work: Work, ticket: Ticket) -> None:
        target = self._bench.targets[work.candidate]
        try:
            request = target.request(
                self._bench.examples[work.example], key=work.key, repeat=work.repeat
            )
        except Unrenderable as problem:
            lane.pace.abandoned(ticket)
            self._desk.ended(self._recorder.failed(work, "render_error", str(problem)))
            return
        if isinstance(request, HeldBack):
            lane.pace.abandoned(ticket)
            self._desk.ended(self._recorder.held_back(work, request.guard))
            return
        work.attempts += 1
        if work.first_tried is None:
            work.first_tried = time.monotonic()
        assert self._client is not None, "use() comes before dispatch()"
        try:
            completion = await self._client.complete(request)
        except GatewayError as error:
            await self._failed(lane, work, ticket, error)
        except asyncio.CancelledError:
            lane.pace.abandoned(ticket)
            raise
        else:
            lane.pace.finished(ticket)
            lane.answered()
            completion = await self._once_more(target, request, completion, work)
            reply = target.reply(completion)
            self._desk.ended(self._recorder.answered(work, completion, reply))

    async def _once_more(
        self, target: Target, request: CompletionRequest, completion: Completion, work: Work
    ) -> Completion:
        """Ask again, in the same slot, where the target cannot use the answer; else return it.

        The item was reserved for both calls, and pays for both. When the second one fails, the
        first answer stands, unusable as it is.
        """
        second = target.once_more(request, completion)
        if second is None or self._client is None:
            return completion
        work.attempts += 1
        try:
            found = await self._client.complete(second)
        except GatewayError as error:
            if error.maybe_billed:
                await self._desk.book_lost(work)
            return completion
        return added(completion, found)

    async def _failed(self, lane: Lane, work: Work, ticket: Ticket, error: GatewayError) -> None:
        refused = error.code == "rate_limited"
        work.refusals = work.refusals + 1 if refused else 0
        work.tries += 0 if refused else 1
        decision = self._retries.decide(
            error, work.tries, waiting_since=work.first_tried, refusals=max(1, work.refusals)
        )
        until = None if isinstance(decision, GiveUp) else decision.at
        lane.pace.finished(ticket, error, until=until)
        if not error.retryable:
            lane.answered()
        if error.stops_candidate or lane.hopeless:
            await self._give_up_lane(lane, error)
        elif not isinstance(decision, GiveUp):
            if not error.maybe_billed or await self._desk.book_lost(work):
                # When we stop, the item goes back with its lease, unfinished.
                if not self.stopping:
                    lane.pace.park(work, decision.at)
                return
        elif decision.reason == "patience_used_up":
            await self._give_up_lane(lane, error)
        self._desk.ended(
            self._recorder.failed(
                work,
                error.code,
                error.message,
                latency_ms=error.latency_ms,
                billed=error.maybe_billed,
            )
        )

    async def _give_up_lane(self, lane: Lane, error: GatewayError) -> None:
        """No call to this model can succeed: its other items are skipped."""
        positions = frozenset(i for i, one in enumerate(self._lane_of) if one is lane)
        news = positions - self.given_up
        self.give_up(positions)
        if news:
            await self._desk.give_up(news, error)
