"""A gateway and a driver in virtual time: hours of pacing in milliseconds, the same every time."""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.gateway.errors import GatewayError
from portal.gateway.pacing import Pace, Retry, RetryPolicy

Judge = Callable[["Call", float], GatewayError | None]


@dataclass
class Call:
    """One request as the gateway sees it."""

    item: int
    attempt: int


@dataclass
class Outcome:
    """What a simulated run came to. Times in virtual seconds."""

    seconds: float = 0.0
    sent: int = 0
    refused: int = 0
    failed: int = 0
    done: int = 0
    given_up: list[str] = field(default_factory=list)
    most_in_flight: int = 0
    send_times: list[float] = field(default_factory=list)

    @property
    def wasted(self) -> float:
        """The share of the calls sent that were refused."""
        return self.refused / self.sent


def refusal(retry_after: float | None) -> GatewayError:
    return GatewayError("rate_limited", retry_after=retry_after)


def token_bucket(rate: float, burst: float, retry_after: float | None = 1.0) -> Judge:
    """Lets ``rate`` calls a second through, and ``burst`` at once."""
    tokens, last = burst, 0.0

    def judge(call: Call, now: float) -> GatewayError | None:
        nonlocal tokens, last
        tokens, last = min(burst, tokens + (now - last) * rate), now
        if tokens < 1 - 1e-9:
            return refusal(retry_after)
        tokens -= 1
        return None

    return judge


def sliding_window(most: int, seconds: float, *, exact: bool = False) -> Judge:
    """At most ``most`` calls in any ``seconds``; tells the wait in whole seconds, or exactly."""
    passed: deque[float] = deque()

    def judge(call: Call, now: float) -> GatewayError | None:
        while passed and passed[0] <= now - seconds:
            passed.popleft()
        if len(passed) >= most:
            return refusal(passed[0] + seconds - now if exact else seconds)
        passed.append(now)
        return None

    return judge


def fixed_window(most: int, seconds: float, *, offset: float = 0.0) -> Judge:
    """At most ``most`` calls in each tick of the clock; tells the whole seconds until the next."""
    window, passed = -1, 0

    def judge(call: Call, now: float) -> GatewayError | None:
        nonlocal window, passed
        current = int((now + offset) // seconds)
        if current != window:
            window, passed = current, 0
        if passed >= most:
            return refusal(seconds)
        passed += 1
        return None

    return judge


def simulate(
    judge: Judge,
    *,
    items: int,
    concurrency: int,
    latency: float,
    seed: int = 1,
    policy: dict[str, Any] | None = None,
    until: float = 3600.0,
    jitter: float = 0.1,
) -> Outcome:
    """Drive ``items`` calls against ``judge`` as the run engine does, and say how it went.

    A call takes ``latency`` seconds, give or take ``jitter`` of it; the gateway judges it half-way.
    """
    chance = random.Random(seed)
    now = 0.0
    order = itertools.count()
    events: list[tuple[float, int, Callable[[], None]]] = []
    rule = RetryPolicy(clock=lambda: now, random=chance.random, **(policy or {}))
    pace: Pace[int] = Pace(concurrency, clock=lambda: now)
    waiting = deque(range(items))
    attempts, tries, refusals = [0] * items, [0] * items, [0] * items
    first: dict[int, float] = {}
    outcome = Outcome()

    def later(at: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (at, next(order), what))

    def send(item: int) -> None:
        ticket = pace.start()
        first.setdefault(item, now)
        attempts[item] += 1
        outcome.sent += 1
        outcome.send_times.append(now)
        outcome.most_in_flight = max(outcome.most_in_flight, pace.in_flight)
        there, back = (latency / 2 * (1 + jitter * chance.uniform(-1, 1)) for _ in range(2))
        later(now + there, lambda: arrive(item, ticket, back))

    def arrive(item: int, ticket: Any, back: float) -> None:
        error = judge(Call(item, attempts[item]), now)
        later(now + back, lambda: replied(item, ticket, error))

    def replied(item: int, ticket: Any, error: GatewayError | None) -> None:
        if error is None:
            pace.finished(ticket)
            outcome.done += 1
            outcome.seconds = now
            return
        refused = error.code == "rate_limited"
        outcome.refused += refused
        outcome.failed += not refused
        tries[item] += not refused
        refusals[item] = refusals[item] + 1 if refused else 0
        decision = rule.decide(
            error, tries[item], waiting_since=first[item], refusals=refusals[item]
        )
        if isinstance(decision, Retry):
            pace.finished(ticket, error, until=decision.at)
            pace.park(item, decision.at)
        else:
            pace.finished(ticket, error)
            outcome.given_up.append(decision.reason)
            outcome.seconds = now

    def pump() -> None:
        while (wait := pace.wait()) == 0.0:
            item = pace.unpark()
            if item is None:
                if not waiting:
                    break
                item = waiting.popleft()
            send(item)
        ready = 0.0 if waiting else pace.next_ready_in()
        if wait is not None and ready is not None and max(wait, ready) > 0:
            later(now + max(wait, ready), lambda: None)

    pump()
    while events and now < until:
        now, _, what = heapq.heappop(events)
        what()
        while events and events[0][0] <= now:
            heapq.heappop(events)[2]()
        pump()
    return outcome
