"""When the next call to one model may start. Pure: nothing waits here and nothing is sent.

A driver keeps one ``Pace`` per model. It asks ``wait``; at 0.0 it takes the next item (``unpark``
first), calls ``start``, makes the call, and tells how it ended by ``finished``. An item that shall
be tried again is handed to ``park`` with its time: it holds no slot while it waits.
"""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from portal.gateway.errors import GatewayError
from portal.gateway.limits import AdaptiveLimit, Circuit
from portal.gateway.rates import LearnedRate
from portal.gateway.retries import GiveUp, Retry, RetryPolicy

__all__ = ["GiveUp", "Pace", "PaceState", "Retry", "RetryPolicy", "Ticket"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to make one call, handed back by ``Pace.finished``."""

    number: int
    epoch: int
    sent_at: float
    tries_circuit: bool


@dataclass(frozen=True, slots=True)
class PaceState:
    """What a pace has learned, to be shared with other drivers of the same model. Times are of its
    own clock.
    """

    limit: float
    rate: float | None
    paused_until: float


class Pace(Generic[Item]):
    """Concurrency, rate, circuit and parked items of one model, of at most ``max_concurrency``
    calls in flight.
    """

    def __init__(
        self,
        max_concurrency: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        circuit: Circuit | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise ValueError("max_concurrency must be at least 1")
        self._clock = clock
        self._limit = AdaptiveLimit(max_concurrency)
        self._rate = LearnedRate(clock)
        self._circuit = circuit or Circuit(clock)
        self._numbers = itertools.count()
        self._newest = -1
        self._parked: list[tuple[float, int, Item]] = []
        self._parkings = itertools.count()
        self.in_flight = 0

    def wait(self) -> float | None:
        """Seconds until a call may start: 0.0 now; ``None`` when a call must end first."""
        if self.in_flight >= self._limit.calls:
            return None
        rest = self._circuit.wait()
        return None if rest is None else max(rest, self._rate.wait())

    def start(self) -> Ticket:
        """Take a slot. Raises ``RuntimeError`` when ``wait()`` does not say 0.0."""
        if self.wait() != 0.0:
            raise RuntimeError("a call was started before its time")
        now = self._clock()
        self._newest = next(self._numbers)
        self.in_flight += 1
        self._rate.sent(now)
        return Ticket(self._newest, self._rate.epoch, now, self._circuit.started())

    def finished(
        self, ticket: Ticket, error: GatewayError | None = None, *, until: float | None = None
    ) -> None:
        """The call of ``ticket`` ended: with an answer, or with ``error``.

        ``until`` is when a refused call may be repeated (``Retry.at``); without it, now. Errors
        that another attempt cannot mend are answers too: the gateway is there and fast enough to
        say no.
        """
        self.in_flight -= 1
        if error is not None and error.code == "rate_limited":
            if not self._rate.noisy:
                self._limit.bad_call(ticket.number, self._newest)
            self._circuit.released(tried=ticket.tries_circuit)
            self._rate.refused(
                ticket.number,
                ticket.epoch,
                ticket.sent_at,
                self._clock() if until is None else until,
            )
        elif error is not None and error.retryable:
            self._limit.bad_call(ticket.number, self._newest)
            self._circuit.failed(tried=ticket.tries_circuit)
            self._rate.accepted(ticket.number, ticket.epoch, ticket.sent_at)
        else:
            self._limit.good()
            self._circuit.succeeded()
            self._rate.accepted(ticket.number, ticket.epoch, ticket.sent_at)

    def abandoned(self, ticket: Ticket) -> None:
        """The call of ``ticket`` was cancelled by us: its slot is free, nothing is learned."""
        self.in_flight -= 1
        self._circuit.released(tried=ticket.tries_circuit)

    def park(self, item: Item, ready_at: float) -> None:
        """Keep an item until ``ready_at`` (of the pace's clock)."""
        heapq.heappush(self._parked, (ready_at, next(self._parkings), item))

    def unpark(self) -> Item | None:
        """The parked item whose time has come first, if any has."""
        if self._parked and self._parked[0][0] <= self._clock():
            return heapq.heappop(self._parked)[2]
        return None

    @property
    def parked(self) -> int:
        """How many items are parked."""
        return len(self._parked)

    def drain(self) -> list[Item]:
        """Take out all parked items, whatever their time, in its order: for a driver that stops."""
        items = [entry[2] for entry in sorted(self._parked)]
        self._parked.clear()
        return items

    def next_ready_in(self) -> float | None:
        """Seconds until the first parked item is ready, 0.0 when one is; ``None`` without parked
        items.
        """
        return max(0.0, self._parked[0][0] - self._clock()) if self._parked else None

    @property
    def limit(self) -> int:
        """How many calls may be in flight now."""
        return self._limit.calls

    @property
    def rate(self) -> float | None:
        """The learned limit in calls a second; ``None`` while none is known."""
        return self._rate.rate

    @property
    def circuit(self) -> Literal["closed", "open", "half_open"]:
        """``open``: the gateway failed many times in a row and is left alone."""
        return self._circuit.state

    @property
    def openings(self) -> int:
        """How often the circuit has opened so far."""
        return self._circuit.openings

    @property
    def learned_limit(self) -> float | None:
        """How many calls the gateway seems to bear; ``None`` while none of them went wrong."""
        return self._limit.value if self._limit.decreased else None

    @property
    def pause(self) -> float:
        """For how many seconds more the gateway asked to be left alone."""
        return max(0.0, self._rate.paused_until - self._clock())

    def hear(self, *, limit: float | None, rate: float | None, pause: float) -> None:
        """Take over what other drivers learned, where it is more careful; ``pause`` in seconds."""
        self.adopt(
            PaceState(self._limit.value if limit is None else limit, rate, self._clock() + pause)
        )

    def relieved(self, factor: float) -> None:
        """Other drivers of the model are gone: what was left to them is ours as well."""
        self._rate.relieved(factor)

    def state(self) -> PaceState:
        """What was learned, for the other drivers."""
        return PaceState(self._limit.value, self._rate.rate, self._rate.paused_until)

    def adopt(self, state: PaceState) -> None:
        """Take over what another driver learned where it is more careful: hints, never needed to be
        correct.
        """
        self._limit.value = max(1.0, min(self._limit.value, state.limit))
        self._rate.adopt(state.rate, state.paused_until)
