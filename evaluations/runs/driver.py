"""The driver: one asyncio loop that works on a run for a while.

It claims leases as slots free, lets `calls` make the calls, and writes what ended every 50 ms.
All database work is its clerk's, so that the loop never waits for it. After its time, or when its
worker is to end, it stops claiming, ends what is in flight and hands over to a successor.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

import structlog
from django.conf import settings

from evaluations.runs import claims, crew, ledger
from evaluations.runs.calls import Calls
from evaluations.runs.clerk import Clerk
from evaluations.runs.hands import (
    GIVE_UP_AFTER,
    Beat,
    Claim,
    Drive,
    Held,
    Outcome,
    Row,
    Timing,
    new_owner,
)
from evaluations.runs.inhand import InHand
from evaluations.runs.models import Run
from evaluations.runs.neighbours import Neighbours
from evaluations.runs.outcomes import Recorder, Work
from evaluations.runs.runtime import Workbench, finished_items
from portal.common import leaving, storage
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import RetryPolicy
from portal.gateway.sharing import Exchange
from portal.gateway.transport import GatewayClient

__all__ = ["Drive", "Driver", "Timing"]

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 0.05
# How long a claim may take, with a write before it in the same thread.
CLAIM_SECONDS = 0.1
FIRST_BEAT_SECONDS = 0.02
# A cancelled run makes no new call after one second: the flag is read at least this often.
BEAT_SECONDS = 0.5


class Driver:
    """Drives one run for a while. Use once: ``await Driver(...).drive()``.

    ``handed_over`` is called (in the database thread) when the time is over and a successor is
    needed. Raises what its own code raised, after giving everything back as if it had died.
    """

    def __init__(
        self,
        run: Run,
        bench: Workbench,
        candidate_ids: list[int],
        *,
        connect: Callable[[], GatewayClient],
        timing: Timing,
        handed_over: Callable[[], None],
        retries: RetryPolicy | None = None,
    ) -> None:
        self.owner = new_owner()
        self._run = run
        self._bench = bench
        self._connect = connect
        self._timing = timing
        self._handed_over = handed_over
        self._retries = retries or RetryPolicy()
        self._recorder = Recorder(bench, run.pk, candidate_ids)
        self._in_hand = InHand()
        self._rows: list[Row] = []
        self._written = 0
        self._pace = 0.0  # items that end in a second
        self._flushed_at = time.monotonic()
        self._left_over = False
        self._finishing = asyncio.Event()
        self._exhausted = False  # nothing to claim
        self._alone_waiting = False  # but leases that must be driven alone
        self._nudge: asyncio.Task[None] | None = None
        self._clerk = Clerk(timing.lease)

    async def drive(self) -> Drive:
        """Work on the run until nothing is left, it is stopped, or the time is over."""
        self._loop = asyncio.get_running_loop()
        self._need = asyncio.Event()
        self._ended = asyncio.Event()
        self._calls = Calls(
            self._bench,
            self._recorder,
            self,
            concurrency=self._run.concurrency,
            retries=self._retries,
        )
        exchange = Exchange(settings.REDIS_URL, self.owner, scope=settings.GATEWAY_URL)
        self._neighbours = Neighbours(exchange, self._calls.paces)
        join = partial(crew.join, run_id=self._run.pk, owner=self.owner, seconds=self._timing.lease)
        async with self._clerk:
            try:
                joined, _ = await asyncio.gather(self._clerk.do(join), self._neighbours.first())
                if joined is not None:
                    await self._connected(joined)
            finally:
                await self._neighbours.leave()
        return Drive(self.owner, self._written, self._left_over)

    async def _connected(self, joined: Beat) -> None:
        self._calls.slots = joined.slots
        try:
            async with self._connect() as client:
                self._calls.use(client)
                await self._work(joined)
        except BaseException as problem:
            await self._abandon(problem)
            raise

    async def _work(self, joined: Beat) -> None:
        beats = asyncio.create_task(self._beats(joined))
        # These two are never cut off: what they are doing in the database must be known here.
        claiming = asyncio.create_task(self._claims())
        flushing = asyncio.create_task(self._flushes())
        talking = asyncio.create_task(self._neighbours.keep_talking())
        ended = asyncio.create_task(self._ended.wait())
        over = self._loop.call_later(self._timing.drive, self._hand_over)
        try:
            await asyncio.wait(
                [ended, beats, claiming, flushing], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            over.cancel()
            self._calls.stopping = True
            self._finishing.set()
            self._need.set()
            self._neighbours.fall_silent()
            for one in (ended, beats, talking):
                one.cancel()
            found = await asyncio.gather(beats, talking, claiming, flushing, return_exceptions=True)
        for problem in (self._calls.failure, *found):
            if isinstance(problem, Exception):
                raise problem
        await self._flush()
        rest = self._in_hand.leases
        if rest:
            back = partial(ledger.give_back, run_id=self._run.pk, owner=self.owner, leases=rest)
            self._left_over = await self._clerk.do(back) > 0 or self._left_over
        await self._clerk.do(partial(crew.leave, owner=self.owner))

    async def _abandon(self, problem: BaseException) -> None:
        """Something failed: give all back as if the driver had died; no item ends a database."""
        await self._calls.cut_off()
        back = partial(
            ledger.give_back,
            run_id=self._run.pk,
            owner=self.owner,
            leases=self._in_hand.leases,
            broken_off=True,
            died=not storage.lost(problem),
        )
        with suppress(Exception):
            await self._clerk.do(back)
            await self._clerk.do(partial(crew.leave, owner=self.owner))

    def _hand_over(self) -> None:
        if self._calls.stopping:
            return
        log.info("run_handed_over", run=str(self._run.pk), owner=self.owner)
        self._left_over = True
        self._nudge = self._loop.create_task(self._clerk.do(self._handed_over))
        self._stop()

    def _stop(self) -> None:
        self._calls.stop()
        self._check_end()

    def _check_end(self) -> None:
        if self._calls.failure is not None:
            self._ended.set()
        elif self._calls.stopping:
            if not self._calls.in_flight:
                self._ended.set()
        elif self._exhausted and self._calls.idle:
            if self._alone_waiting:
                self._need.set()
            else:
                self._ended.set()

    # Beating and writing

    async def _beats(self, beat: Beat) -> None:
        pause = FIRST_BEAT_SECONDS
        most = min(BEAT_SECONDS, self._timing.lease / 4)
        looked = time.monotonic()
        while True:
            pause = min(pause * 2, most) if beat.settled else min(FIRST_BEAT_SECONDS * 2, most)
            await asyncio.sleep(pause)
            beat = await self._clerk.do(
                partial(
                    crew.beat,
                    run_id=self._run.pk,
                    owner=self.owner,
                    leases=self._in_hand.leases,
                    in_flight=self._calls.in_flight,
                    leaving=self._calls.stopping,
                    seconds=self._timing.lease,
                )
            )
            for lost in beat.lost:
                self._lost(lost)
            self._calls.slots = beat.slots
            if not beat.running and not self._calls.stopping:
                self._stop()
            if leaving.announced():
                self._hand_over()
            self._fill()
            if time.monotonic() - looked > self._timing.lease / 2:
                looked = time.monotonic()
                await self._take_from_the_dead()

    async def _take_from_the_dead(self) -> None:
        if await self._clerk.do(partial(ledger.take_from_the_dead, run_id=self._run.pk)):
            self._exhausted = False
            self._need.set()

    async def _flushes(self) -> None:
        while not self._finishing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._finishing.wait()
            await self._flush()

    async def _flush(self) -> None:
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        now = time.monotonic()
        pace = len(rows) / max(now - self._flushed_at, FLUSH_SECONDS)
        self._pace, self._flushed_at = (self._pace + pace) / 2, now
        written = await self._clerk.do(partial(ledger.write, run_id=self._run.pk, rows=rows))
        self._written += written.results
        for row in rows:
            self._in_hand.written(row)
        for lost in written.stale:
            log.warning("stale_fence", run=str(self._run.pk), lease=lost)
            self._lost(lost)
        if not written.running and not self._calls.stopping:
            self._stop()

    def _lost(self, lease: int) -> None:
        """A lease was taken from us, who seemed dead: somebody must claim it."""
        self._in_hand.forget(lease)
        self._left_over = True
        self._exhausted = False
        self._need.set()

    # Claiming

    def _fill(self) -> None:
        """Fill the slots from what is in hand, and ask for more when little is left."""
        self._calls.dispatch()
        if not self._exhausted and self._calls.waiting < self._reserve:
            self._need.set()

    @property
    def _reserve(self) -> int:
        """How many items to have ready beyond the slots, so that no slot waits for a claim.

        What the present pace uses up while one claim waits behind one write, within a wave or two.
        """
        used = int(self._pace * CLAIM_SECONDS)
        return max(2, self._calls.slots // 4, min(used, 2 * self._calls.slots))

    async def _claims(self) -> None:
        while not self._finishing.is_set():
            if await self._claim():
                await self._need.wait()
                self._need.clear()

    async def _claim(self) -> bool:
        """Claim what there is room for; False when it should be tried again at once."""
        if self._calls.stopping:
            return True
        if not self._calls.slots:
            await asyncio.sleep(FIRST_BEAT_SECONDS)
            return False
        alone = self._exhausted and self._alone_waiting
        if alone or self._in_hand.alone:
            # Something that may crash its worker is driven with nothing else beside it.
            if not self._calls.idle:
                return True
            await self._flush()
        # Twice what is kept ready: a claim costs as much for many leases as for one.
        room = self._calls.slots + 2 * self._reserve - self._calls.in_flight - self._calls.waiting
        claim = await self._clerk.do(
            partial(self._claim_rows, max(1, -(-room // self._bench.lease_size)), alone)
        )
        self._calls.give_up(claim.given_up)
        if claim.outcome is Outcome.STOPPED:
            self._stop()
        elif claim.outcome is Outcome.WAIT:
            await asyncio.sleep(FLUSH_SECONDS)
            return False
        elif claim.outcome is Outcome.EMPTY:
            self._exhausted = True
            self._alone_waiting = claim.alone_waiting and not alone
            self._check_end()
        for held in claim.leases:
            self._take_up(held)
        self._fill()
        return True

    def _claim_rows(self, leases: int, alone: bool) -> Claim:
        return claims.claim(
            run_id=self._run.pk,
            owner=self.owner,
            leases=leases,
            seconds=self._timing.lease,
            estimate=self._bench.estimate,
            finished=lambda first, count: finished_items(self._run, self._bench, first, count),
            alone=alone,
        )

    def _take_up(self, held: Held) -> None:
        crashed = held.alone and held.deaths >= GIVE_UP_AFTER
        for index in self._in_hand.take(held):
            work = self._work_of(index, held)
            if crashed:
                detail = f"Its worker ended {held.deaths} times while this was all it worked on."
                self.ended(self._recorder.failed(work, "worker_crashed", detail))
            elif work.candidate in self._calls.given_up:
                self.skip(work)
            else:
                self._calls.add(work)
        self._check_end()

    def _work_of(self, index: int, held: Held) -> Work:
        place = self._bench.order.place(index)
        return Work(
            index=index,
            key=f"{self._run.pk}-{index}",
            candidate=place.candidate,
            example=place.example,
            repeat=place.repeat,
            lease=held.id,
            fence=held.fence,
            estimate=self._bench.estimate_at(place),
        )

    # What the calls need of us (`calls.Desk`)

    def ended(self, row: Row) -> None:
        """Keep a row for the next write."""
        self._rows.append(row)

    def skip(self, work: Work) -> None:
        """Count an item of a candidate that was given up."""
        total = self._in_hand.skip(work)
        if total is not None:
            self.ended(self._recorder.skipped(work, total))

    def holds(self, work: Work) -> bool:
        """Whether the item's lease is still ours."""
        return self._in_hand.of(work) is not None

    async def book_lost(self, work: Work) -> bool:
        """Book an attempt that may be billed and reserve another; False over the cap."""
        held = self._in_hand.of(work)
        if held is None:
            return False
        return await self._clerk.do(
            partial(ledger.book_lost, run_id=self._run.pk, lease=held, micro=work.estimate)
        )

    async def give_up(self, positions: Iterable[int], error: GatewayError) -> None:
        """Note for all drivers that candidates are given up."""
        for position in positions:
            await self._clerk.do(
                partial(
                    ledger.give_up_candidate,
                    run_id=self._run.pk,
                    position=position,
                    code=error.code,
                    reason=error.message,
                )
            )

    def settled(self) -> None:
        """See whether more is needed, or whether this was the end."""
        if not self._exhausted and self._calls.waiting < self._reserve:
            self._need.set()
        self._check_end()
