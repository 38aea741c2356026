"""The driver: one asyncio loop that keeps a run's calls in flight.

It claims leases as slots free, sends, scores, and hands what ended to a flusher that writes every
50 ms. All database work happens in one thread of its own, so that the loop never waits for it.
After its time it stops claiming, ends what is in flight and hands over to a successor.
"""

import asyncio
import os
import socket
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

from evaluations.runs import crew, ledger
from evaluations.runs.ledger import Claim, Held, Outcome, Row
from evaluations.runs.lanes import Lane
from evaluations.runs.models import Run
from evaluations.runs.outcomes import Recorder, Work
from evaluations.runs.runtime import Workbench, finished_items
from evaluations.runs.targets import HeldBack, Unrenderable
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import GiveUp, RetryPolicy, Ticket
from portal.gateway.transport import GatewayClient
from portal.gateway.types import CompletionRequest

log = structlog.get_logger(__name__)
T = TypeVar("T")

FLUSH_SECONDS = 0.05
FIRST_BEAT_SECONDS = 0.02
# A cancelled run makes no new call after one second: the flag is read at least this often.
BEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Timing:
    """How long leases hold and how long one driver drives, in seconds."""

    lease: float
    drive: float


@dataclass(frozen=True, slots=True)
class Drive:
    """How a drive ended. ``left_over``: there is work that a successor should take up."""

    owner: str
    written: int
    left_over: bool


def new_owner() -> str:
    """Return a name for a driver: host, process and something that no restart repeats."""
    return f"{socket.gethostname()[:60]}/{os.getpid()}/{uuid.uuid4().hex[:12]}"


def _disconnect() -> None:
    connection.close()  # looked up in the thread that calls, whose connection it is


class Driver:
    """Drives one run for a while. Use once: ``await Driver(...).drive()``."""

    def __init__(
        self,
        run: Run,
        bench: Workbench,
        candidate_ids: list[int],
        *,
        connect: Callable[[], GatewayClient],
        timing: Timing,
        handed_over: Callable[[], None],
        owner: str = "",
        retries: RetryPolicy | None = None,
    ) -> None:
        self.owner = owner or new_owner()
        self._run = run
        self._bench = bench
        self._connect = connect
        self._timing = timing
        self._handed_over = handed_over
        self._retries = retries or RetryPolicy()
        self._recorder = Recorder(bench, run.pk, candidate_ids)
        aliases = [pin.alias for pin in bench.plan.candidates]
        lanes = {alias: Lane(alias, run.concurrency) for alias in aliases}
        self._lanes = list(lanes.values())
        self._lane_of = [lanes[alias] for alias in aliases]
        self._given_up: set[int] = set()
        self._held: dict[int, Held] = {}
        self._open: dict[int, int] = {}  # items of each held lease that have not ended
        self._skipped: dict[int, int] = {}
        self._rows: list[Row] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = 0
        self._in_flight = 0
        self._written = 0
        self._left_over = False
        self._stopping = False  # no new call
        self._finishing = False  # nothing is in flight any more
        self._failure: BaseException | None = None
        self._nudge: asyncio.Task[None] | None = None
        self._exhausted = False  # nothing to claim
        self._alone_waiting = False
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-ledger")

    # The drive

    async def drive(self) -> Drive:
        """Work on the run until nothing is left, it is stopped, or the time is over."""
        self._loop = asyncio.get_running_loop()
        self._need = asyncio.Event()
        self._idle = asyncio.Event()
        self._ended = asyncio.Event()
        try:
            joined = await self._db(self._join)
            if not joined:
                return Drive(self.owner, 0, False)
            try:
                async with self._connect() as self._client:
                    await self._work()
            except BaseException:
                await self._abandon()
                raise
            return Drive(self.owner, self._written, self._left_over)
        finally:
            await self._loop.run_in_executor(self._thread, _disconnect)
            self._thread.shutdown(wait=False)

    def _join(self) -> bool:
        return crew.join(run_id=self._run.pk, owner=self.owner, seconds=self._timing.lease)

    async def _work(self) -> None:
        beats = asyncio.create_task(self._beats())
        # These two are never cut off: what they are doing in the database must be known here.
        claims = asyncio.create_task(self._claims())
        flushes = asyncio.create_task(self._flushes())
        ended = asyncio.create_task(self._ended.wait())
        over = self._loop.call_later(self._timing.drive, self._hand_over)
        try:
            await asyncio.wait(
                [ended, beats, claims, flushes], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            over.cancel()
            self._stopping = self._finishing = True
            self._need.set()
            for one in (ended, beats):
                one.cancel()
            found = await asyncio.gather(beats, claims, flushes, return_exceptions=True)
        for one in (self._failure, *found):
            if isinstance(one, Exception):
                raise one
        await self._flush()
        rest = list(self._held.values())
        if rest:
            given = await self._db(
                lambda: ledger.give_back(run_id=self._run.pk, owner=self.owner, leases=rest)
            )
            self._left_over = self._left_over or given > 0
        await self._db(lambda: crew.leave(owner=self.owner))

    async def _abandon(self) -> None:
        """Something failed in here: give everything back, as if the driver had died."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        rest = list(self._held.values())
        with suppress(Exception):
            await self._db(
                lambda: ledger.give_back(
                    run_id=self._run.pk, owner=self.owner, leases=rest, died=True
                )
            )
            await self._db(lambda: crew.leave(owner=self.owner))

    def _hand_over(self) -> None:
        if self._stopping:
            return
        log.info("run_handed_over", run=str(self._run.pk), owner=self.owner)
        self._left_over = True
        self._stop()
        self._nudge = self._loop.create_task(self._db(self._handed_over))

    def _stop(self) -> None:
        """Make no new call; what is in flight ends, the rest is given back."""
        self._stopping = True
        for lane in self._lanes:
            lane.drain()
        self._check_end()

    def _check_end(self) -> None:
        if self._in_flight:
            return
        self._idle.set()
        if self._stopping:
            self._ended.set()
        elif self._exhausted and not any(lane.held for lane in self._lanes):
            if self._alone_waiting:
                self._need.set()
            else:
                self._ended.set()

    # Database work

    async def _db(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._thread, self._steadily, work)

    def _steadily(self, work: Callable[[], T]) -> T:
        """Repeat ``work`` while the database is away, as long as our leases may still hold."""
        until = time.monotonic() + self._timing.lease
        pause = 0.1
        while True:
            try:
                return work()
            except (OperationalError, InterfaceError) as problem:
                connection.close()
                if time.monotonic() > until:
                    raise
                log.warning("run_database_away", problem=type(problem).__name__)
                time.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _beats(self) -> None:
        pause = FIRST_BEAT_SECONDS
        most = min(BEAT_SECONDS, self._timing.lease / 4)
        looked = time.monotonic()
        while True:
            held, in_flight, leaving = list(self._held.values()), self._in_flight, self._stopping
            beat = await self._db(
                lambda held=held, in_flight=in_flight, leaving=leaving: crew.beat(  # type: ignore[misc]
                    run_id=self._run.pk,
                    owner=self.owner,
                    leases=held,
                    in_flight=in_flight,
                    leaving=leaving,
                    seconds=self._timing.lease,
                )
            )
            for lost in beat.lost:
                self._forget(lost)
            self._slots = beat.slots
            if not beat.running and not self._stopping:
                self._stop()
            self._dispatch()
            if time.monotonic() - looked > self._timing.lease / 2:
                looked = time.monotonic()
                if await self._db(lambda: ledger.take_from_the_dead(run_id=self._run.pk)):
                    self._exhausted = False
                    self._need.set()
            pause = min(pause * 2, most) if beat.settled else min(FIRST_BEAT_SECONDS * 2, most)
            await asyncio.sleep(pause)

    async def _flushes(self) -> None:
        while not self._finishing:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        written = await self._db(lambda: ledger.write(run_id=self._run.pk, rows=rows))
        self._written += written.results
        for row in rows:
            left = self._open.get(row.lease)
            if left is not None:
                self._open[row.lease] = left - 1
                if left <= 1:
                    del self._open[row.lease], self._held[row.lease]
        for lost in written.stale:
            log.warning("stale_fence", run=str(self._run.pk), lease=lost)
            self._forget(lost)
        if not written.running and not self._stopping:
            self._stop()

    # Claiming

    async def _claims(self) -> None:
        while not self._finishing:
            if await self._claim():
                await self._need.wait()
                self._need.clear()

    async def _claim(self) -> bool:
        """Claim what there is room for; False when it should be tried again at once."""
        if self._stopping:
            return True
        if not self._slots:
            await asyncio.sleep(FIRST_BEAT_SECONDS)
            return False
        alone = self._exhausted and self._alone_waiting
        if alone or any(held.alone for held in self._held.values()):
            # Something that may crash its worker is driven with nothing else beside it.
            if self._in_flight or any(lane.held for lane in self._lanes):
                return True
            await self._flush()
        size = self._bench.lease_size
        room = self._slots + self._reserve - self._in_flight - self._waiting
        leases = max(1, -(-room // size))
        claim = await self._db(lambda: self._claim_rows(leases, alone))
        self._give_up(claim.given_up)
        if claim.outcome is Outcome.STOPPED:
            self._stop()
            return True
        if claim.outcome is Outcome.WAIT:
            await asyncio.sleep(FLUSH_SECONDS)
            return False
        if claim.outcome is Outcome.EMPTY:
            self._exhausted = True
            self._alone_waiting = claim.alone_waiting and not alone
            self._check_end()
            return not self._alone_waiting or bool(self._in_flight)
        for held in claim.leases:
            self._take_up(held)
        self._dispatch()
        return True

    def _claim_rows(self, leases: int, alone: bool) -> Claim:
        return ledger.claim(
            run_id=self._run.pk,
            owner=self.owner,
            leases=leases,
            seconds=self._timing.lease,
            estimate=self._bench.estimate,
            finished=lambda first, count: finished_items(self._run, self._bench, first, count),
            alone=alone,
        )

    @property
    def _waiting(self) -> int:
        return sum(lane.waiting for lane in self._lanes)

    @property
    def _reserve(self) -> int:
        """How many items to have ready beyond the slots, so that no slot waits for a claim."""
        return max(2, self._slots // 4)

    def _take_up(self, held: Held) -> None:
        items = [i for i in range(held.first, held.first + held.count) if i not in held.finished]
        self._held[held.id] = held
        self._open[held.id] = len(items)
        crashed = held.alone and held.deaths >= ledger.GIVE_UP_AFTER
        for index in items:
            place = self._bench.order.place(index)
            work = Work(
                index, place.candidate, place.example, place.repeat, held.id, held.fence,
                self._bench.estimate_at(place),
            )
            if crashed:
                detail = f"Its worker ended {held.deaths} times while this was all it worked on."
                self._rows.append(self._recorder.failed(work, "worker_crashed", detail))
            elif place.candidate in self._given_up:
                self._skip(work)
            else:
                self._lane_of[place.candidate].add(work)
        self._check_end()

    def _skip(self, work: Work) -> None:
        total = self._skipped[work.lease] = self._skipped.get(work.lease, 0) + 1
        self._rows.append(self._recorder.skipped(work, total))

    def _forget(self, lease: int) -> None:
        """A lease was taken from us: make no more calls for it, and write nothing of it."""
        self._held.pop(lease, None)
        self._open.pop(lease, None)

    def _give_up(self, candidates: frozenset[int]) -> None:
        news = candidates - self._given_up
        self._given_up |= news
        for lane in {self._lane_of[one] for one in news}:
            for work in lane.drop(news):
                self._skip(work)
        if news:
            self._check_end()

    # Calling

    def _dispatch(self) -> None:
        """Start calls while slots and paces allow; arm a timer for what has to wait."""
        soonest: float | None = None
        while self._in_flight < self._slots and not self._stopping:
            lane, soonest = self._next_lane()
            if lane is None:
                break
            work, ticket = lane.take()
            if work.lease not in self._held:
                lane.pace.abandoned(ticket)
                continue
            self._in_flight += 1
            task = self._loop.create_task(self._attempt(lane, work, ticket))
            self._tasks.add(task)
            task.add_done_callback(self._attempt_ended)
        if soonest is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(max(soonest, 0.001), self._dispatch)
        if not self._exhausted and self._waiting < self._reserve:
            self._need.set()

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

    def _attempt_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._in_flight -= 1
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._ended.set()
        self._dispatch()
        self._check_end()

    async def _attempt(self, lane: Lane, work: Work, ticket: Ticket) -> None:
        example = self._bench.examples[work.example]
        target = self._bench.targets[work.candidate]
        try:
            request = target.request(example)
        except Unrenderable as problem:
            lane.pace.abandoned(ticket)
            self._rows.append(self._recorder.failed(work, "render_error", str(problem)))
            return
        if isinstance(request, HeldBack):
            lane.pace.abandoned(ticket)
            self._rows.append(self._recorder.held_back(work, request.guard))
            return
        work.attempts += 1
        if work.first_tried is None:
            work.first_tried = time.monotonic()
        try:
            completion = await self._client.complete(self._keyed(request, work))
        except GatewayError as error:
            await self._failed(lane, work, ticket, error)
        except asyncio.CancelledError:
            lane.pace.abandoned(ticket)
            raise
        else:
            lane.pace.finished(ticket)
            lane.answered()
            self._rows.append(self._recorder.answered(work, completion, target.reply(completion)))

    def _keyed(self, request: CompletionRequest, work: Work) -> CompletionRequest:
        key = f"{self._run.pk}-{work.index}"
        if request.seed is not None and work.repeat > 1:
            # Repeats are there to show variation; with one seed they would all be the same.
            return replace(request, idempotency_key=key, seed=request.seed + work.repeat - 1)
        return replace(request, idempotency_key=key)

    async def _failed(self, lane: Lane, work: Work, ticket: Ticket, error: GatewayError) -> None:
        refused = error.code == "rate_limited"
        work.refusals = work.refusals + 1 if refused else 0
        work.tries += 0 if refused else 1
        decision = self._retries.decide(
            error, work.tries, waiting_since=work.first_tried, refusals=max(1, work.refusals)
        )
        lane.pace.finished(ticket, error, until=None if isinstance(decision, GiveUp) else decision.at)
        if not error.retryable:
            lane.answered()
        if error.stops_candidate or lane.hopeless:
            await self._give_up_candidates(lane, work, error)
        elif not isinstance(decision, GiveUp):
            if not error.maybe_billed or await self._another(work):
                if self._stopping:
                    return  # given back with its lease, unfinished
                lane.pace.park(work, decision.at)
                return
        elif decision.reason == "patience_used_up":
            await self._give_up_candidates(lane, work, error)
        self._rows.append(
            self._recorder.failed(
                work, error.code, error.message,
                latency_ms=error.latency_ms, billed=error.maybe_billed,
            )
        )

    async def _another(self, work: Work) -> bool:
        """Book an attempt that may be billed and reserve the next one; False over the cap."""
        held = self._held.get(work.lease)
        if held is None:
            return False
        micro = work.estimate
        return await self._db(
            lambda: ledger.book_lost(run_id=self._run.pk, lease=held, micro=micro)
        )

    async def _give_up_candidates(self, lane: Lane, work: Work, error: GatewayError) -> None:
        """No call to this model can succeed: its other items are skipped."""
        out = frozenset(i for i, one in enumerate(self._lane_of) if one is lane)
        for position in out - self._given_up:
            await self._db(
                lambda position=position: ledger.give_up_candidate(  # type: ignore[misc]
                    run_id=self._run.pk, position=position, code=error.code, reason=error.message
                )
            )
        self._give_up(out)
