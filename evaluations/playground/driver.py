"""The driver of a trial: a few calls in flight, each reserved before and settled after.

Database work happens in one thread of its own, so that the loop never waits for it. After its
time the driver makes no new call and leaves the rest to a successor.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from django.db import connection

from evaluations.metrics import registry
from evaluations.metrics.types import NOT_APPLICABLE, Answer, ExampleView, Outcome
from evaluations.playground import ledger
from evaluations.playground.enums import CellState
from evaluations.playground.ledger import Room, Settlement
from evaluations.playground.models import Trial, TrialCell
from evaluations.playground.plan import MetricUse, TrialPlan
from evaluations.playground.planning import target_of
from evaluations.playground.selectors import example_of, inputs_of
from evaluations.runs.outcomes import answer_of, charge_of
from evaluations.runs.targets import HeldBack, Unrenderable
from portal.common.text import storable
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import GiveUp, RetryPolicy
from portal.gateway.transport import GatewayClient
from portal.gateway.types import Completion

T = TypeVar("T")

# A person waits: fewer tries and shorter pauses than in a run.
RETRIES = RetryPolicy(max_tries=3, base=0.25, cap=4.0, longest_retry_after=15.0, patience=60.0)
BEAT_SECONDS = 0.5
ROOM_SECONDS = 0.05
_DETAIL = 300


class Driver:
    """Works on one trial for a while. Use once: ``await Driver(...).drive()``.

    The trial must be ``owner``'s. Afterwards ``out_of_money`` says whether the cap had no room
    left. Raises what the database or its own code raised.
    """

    def __init__(
        self,
        trial: Trial,
        owner: str,
        *,
        connect: Callable[[], GatewayClient],
        lease: float,
        seconds: float,
        retries: RetryPolicy = RETRIES,
    ) -> None:
        self._trial = trial
        self._owner = owner
        self._connect = connect
        self._lease = lease
        self._until = time.monotonic() + seconds
        self._retries = retries
        self._plan = TrialPlan.from_json(trial.plan)
        self._examples = {row.pk: example_of(row) for row in inputs_of(trial)}
        self._targets = [target_of(self._plan, column) for column in self._plan.columns]
        waiting = TrialCell.objects.filter(trial=trial, state=CellState.WAITING).order_by("place")
        self._todo: deque[TrialCell] = deque(waiting)
        self._stopping = False
        # Models that no call can reach, by alias, with the error that said so.
        self._given_up: dict[str, GatewayError] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trial-ledger")
        self.out_of_money = False

    async def drive(self) -> None:
        """Ask until nothing is left, the trial is to stop, or the time is over."""
        loop = asyncio.get_running_loop()
        beats = asyncio.create_task(self._beats())
        try:
            async with self._connect() as client:
                hands = [
                    asyncio.create_task(self._work(client)) for _ in range(self._plan.in_flight)
                ]
                try:
                    await asyncio.gather(*hands)
                finally:
                    # Only after a failure is any of them still at work.
                    for hand in hands:
                        hand.cancel()
                    await asyncio.gather(*hands, return_exceptions=True)
        finally:
            beats.cancel()
            with suppress(asyncio.CancelledError):
                await beats
            await loop.run_in_executor(self._thread, _disconnect)
            self._thread.shutdown(wait=False)

    async def _db(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _beats(self) -> None:
        beat = partial(ledger.beat, trial_id=self._trial.pk, owner=self._owner, seconds=self._lease)
        while await self._db(beat):
            await asyncio.sleep(min(BEAT_SECONDS, self._lease / 4))
        self._stopping = True

    @property
    def _over(self) -> bool:
        return self._stopping or self.out_of_money or time.monotonic() > self._until

    async def _work(self, client: GatewayClient) -> None:
        while self._todo and not self._over:
            await self._ask(client, self._todo.popleft())

    async def _ask(self, client: GatewayClient, cell: TrialCell) -> None:
        """Bring one cell to its end, or leave it waiting when the trial is to stop."""
        column = self._plan.columns[cell.column]
        target, example = self._targets[cell.column], self._examples[cell.input_id]
        known = self._given_up.get(column.pin.alias)
        if known is not None:
            return await self._end(ledger.note, cell, _failed(known.code, known.message))
        try:
            request = target.request(example, key=f"{self._trial.pk}-{cell.place}-{cell.deaths}")
        except Unrenderable as problem:
            return await self._end(ledger.note, cell, _failed("render_error", str(problem)))
        assert not isinstance(request, HeldBack), "guards belong to builds"
        tries = refusals = 0
        since = time.monotonic()
        while await self._room(cell):
            try:
                completion = await client.complete(request)
            except GatewayError as error:
                refused = error.code == "rate_limited"
                tries, refusals = tries + (not refused), refusals + 1 if refused else 0
                decision = self._retries.decide(
                    error, tries, waiting_since=since, refusals=max(1, refusals)
                )
                charge = cell.estimate_micro if error.maybe_billed else 0
                if error.stops_candidate:
                    self._given_up[column.pin.alias] = error
                if isinstance(decision, GiveUp):
                    columns = _failed(error.code, error.message, error.latency_ms).columns
                    ended = Settlement(CellState.ERROR, charge, columns=columns)
                    return await self._end(ledger.settle, cell, ended)
                await self._end(ledger.settle, cell, Settlement(CellState.WAITING, charge))
                await asyncio.sleep(max(0.0, decision.at - time.monotonic()))
            else:
                return await self._end(
                    ledger.settle, cell, self._answered(cell, completion, example.view)
                )
        return None

    async def _room(self, cell: TrialCell) -> bool:
        """Reserve one attempt; False when none is to be made any more."""
        ask = partial(ledger.reserve, trial_id=self._trial.pk, owner=self._owner, cell=cell)
        while not self._over:
            match await self._db(ask):
                case Room.TAKEN:
                    return True
                case Room.WAIT:
                    await asyncio.sleep(ROOM_SECONDS)
                case Room.NONE:
                    self.out_of_money = True
                case Room.STOP:
                    self._stopping = True
        return False

    async def _end(self, how: Callable[..., bool], cell: TrialCell, ended: Settlement) -> None:
        step = partial(how, trial_id=self._trial.pk, owner=self._owner, cell=cell, ended=ended)
        if not await self._db(step):
            self._stopping = True

    def _answered(
        self, cell: TrialCell, completion: Completion, example: ExampleView
    ) -> Settlement:
        column = self._plan.columns[cell.column]
        micro = charge_of(completion, column.pin.price.price())
        within = min(micro, cell.estimate_micro)
        reply = self._targets[cell.column].reply(completion)
        answer = answer_of(completion, reply, micro)
        return Settlement(
            CellState.ANSWERED,
            within,
            micro - within,
            {
                "output": answer.text,
                "finish_reason": reply.finish_reason[:40],
                "refused": reply.refused,
                "tokens_in": completion.tokens_in,
                "tokens_out": completion.tokens_out,
                "latency_ms": completion.latency_ms,
                "resolved_model": storable(completion.model)[0][:200],
                "flags": [flag[:40] for flag in reply.flags],
                "scores": scores(example, answer, self._plan.prompts[column.prompt].metrics),
            },
        )


def _disconnect() -> None:
    connection.close()  # looked up in the thread that calls, whose connection it is


def scores(
    example: ExampleView, answer: Answer, metrics: Sequence[MetricUse]
) -> list[dict[str, Any]]:
    """Return what the metrics say of one answer; those that do not apply are left out."""
    found = []
    for used in metrics:
        pin = used.pin
        result = registry.score(registry.get(pin.name, pin.version), example, answer, pin.arguments)
        if result.outcome is Outcome.MISSING and result.detail.startswith(NOT_APPLICABLE):
            continue
        value = result.value
        finite = value is not None and math.isfinite(value)
        found.append(
            {
                "name": pin.name,
                "version": pin.version,
                "label": used.label,
                "outcome": result.outcome.value if finite or value is None else "error",
                "value": value if finite else None,
                "passed": result.passed if finite else None,
                "detail": result.detail[:_DETAIL],
            }
        )
    return found


def _failed(code: str, detail: str, latency_ms: float | None = None) -> Settlement:
    columns = {
        "error_class": code,
        "error_detail": storable(detail)[0][:400],
        "latency_ms": latency_ms,
    }
    return Settlement(CellState.ERROR, columns=columns)
