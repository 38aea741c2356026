"""Pacing: when the next call may start. In virtual time, so that minutes of waiting take
milliseconds.
"""

import random
from collections.abc import Callable

import pytest

from portal.gateway.errors import GatewayError
from portal.gateway.limits import AdaptiveLimit, Circuit
from portal.gateway.pacing import Pace
from tests.portal.gateway.virtual_gateway import (
    Call,
    Judge,
    fixed_window,
    refusal,
    simulate,
    sliding_window,
    token_bucket,
)

LIMITERS: dict[str, Callable[[], Judge]] = {
    "bucket": lambda: token_bucket(50, 50, 1.0),
    "bucket, exact wait": lambda: token_bucket(50, 50, 0.02),
    "sliding window": lambda: sliding_window(50, 1.0),
    "sliding window, exact wait": lambda: sliding_window(50, 1.0, exact=True),
    "clock window": lambda: fixed_window(50, 1.0),
    "clock window, from its middle": lambda: fixed_window(50, 1.0, offset=0.5),
}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# Whole runs.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("latency", [0.001, 0.02, 0.05])
@pytest.mark.parametrize("concurrency", [16, 32, 64])
@pytest.mark.parametrize("limiter", LIMITERS)
def test_fifty_a_second_are_used_and_not_stormed(
    limiter: str, concurrency: int, latency: float, seed: int
) -> None:
    outcome = simulate(
        LIMITERS[limiter](), items=200, concurrency=concurrency, latency=latency, seed=seed
    )

    assert outcome.done == 200
    assert outcome.given_up == []
    assert outcome.seconds <= 1.15 * 200 / 50
    assert outcome.wasted <= 0.30


@pytest.mark.parametrize("burst", [3, 10])
@pytest.mark.parametrize("concurrency", [16, 64])
def test_a_limit_with_little_room_is_learned_too(burst: float, concurrency: int) -> None:
    outcome = simulate(
        token_bucket(50, burst, 1.0), items=400, concurrency=concurrency, latency=0.05
    )

    assert outcome.done == 400
    assert outcome.seconds <= 1.15 * 400 / 50
    assert outcome.wasted <= 0.30


@pytest.mark.parametrize("concurrency", [16, 32, 64])
def test_a_gateway_that_tells_no_wait_is_not_stormed_either(concurrency: int) -> None:
    outcome = simulate(token_bucket(50, 50, None), items=400, concurrency=concurrency, latency=0.02)

    assert outcome.done == 400
    assert outcome.seconds <= 1.25 * 400 / 50
    assert outcome.wasted <= 0.30


def test_a_long_run_stays_at_the_limit() -> None:
    outcome = simulate(token_bucket(50, 50, 1.0), items=3000, concurrency=64, latency=0.05)

    assert outcome.done == 3000
    assert outcome.seconds <= 1.05 * 3000 / 50
    assert outcome.wasted <= 0.06


@pytest.mark.parametrize("latency", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_first_tries_that_are_refused_at_random_hold_up_nothing_else(
    latency: float, seed: int
) -> None:
    chance = random.Random(seed)
    unlucky = set(chance.sample(range(200), 40))

    def judge(call: Call, now: float) -> GatewayError | None:
        return refusal(3.0) if call.attempt == 1 and call.item in unlucky else None

    outcome = simulate(judge, items=200, concurrency=16, latency=latency, seed=seed)

    assert outcome.done == 200
    assert outcome.sent == 240
    assert outcome.seconds <= 6.0


def test_refusals_that_have_nothing_to_do_with_the_rate_do_not_stop_a_run() -> None:
    chance = random.Random(4)

    def judge(call: Call, now: float) -> GatewayError | None:
        return refusal(1.0) if chance.random() < 0.2 else None

    outcome = simulate(judge, items=3000, concurrency=32, latency=0.1)

    assert outcome.done == 3000
    # 3,750 calls at 320 a second take 12 s, and a call that is refused six times waits six seconds.
    assert outcome.seconds <= 2 * 12 + 6


def test_a_limit_by_the_minute_is_spread_over_the_minute() -> None:
    outcome = simulate(sliding_window(60, 60.0), items=240, concurrency=64, latency=0.2)

    assert outcome.done == 240
    # The first 60 go at once, the rest one a second from the second minute on; one refused late
    # waits another minute.
    assert outcome.seconds <= 60 + 180 + 60
    assert outcome.wasted <= 0.30


def test_a_limit_that_is_lifted_is_found_out() -> None:
    bucket = token_bucket(50, 50, 1.0)

    def judge(call: Call, now: float) -> GatewayError | None:
        return bucket(call, now) if now < 5 else None

    outcome = simulate(judge, items=6000, concurrency=32, latency=0.02)
    slow = simulate(token_bucket(50, 50, 1.0), items=6000, concurrency=32, latency=0.02)

    assert outcome.done == 6000
    assert outcome.seconds < 0.7 * slow.seconds


def test_without_refusals_nothing_is_paced() -> None:
    outcome = simulate(lambda call, now: None, items=800, concurrency=64, latency=0.2, jitter=0.0)

    assert outcome.sent == 800
    assert outcome.most_in_flight == 64
    assert outcome.seconds <= 1.01 * 800 / 64 * 0.2 + 0.2


def test_calls_that_hang_are_tried_again_and_the_rest_is_not_slowed() -> None:
    chance = random.Random(2)

    def judge(call: Call, now: float) -> GatewayError | None:
        return GatewayError("timeout") if chance.random() < 0.04 else None

    outcome = simulate(judge, items=1000, concurrency=32, latency=0.1)

    assert outcome.done == 1000
    assert outcome.seconds <= 1.5 * 1000 / 32 * 0.1 + 5


def test_a_gateway_that_never_lets_anything_through_ends_after_the_patience() -> None:
    outcome = simulate(
        lambda call, now: refusal(2.0),
        items=5,
        concurrency=4,
        latency=0.05,
        policy={"patience": 60.0},
    )

    assert outcome.done == 0
    assert outcome.given_up == ["patience_used_up"] * 5
    assert 55 <= outcome.seconds <= 65


def test_a_gateway_that_is_down_is_left_alone() -> None:
    outcome = simulate(
        lambda call, now: GatewayError("server_error"),
        items=100,
        concurrency=16,
        latency=0.05,
        until=60.0,
    )

    assert outcome.done == 0
    in_flight_when_it_opened = 16
    tries_alone = 5
    assert outcome.sent <= 10 + in_flight_when_it_opened + tries_alone


def test_a_gateway_that_comes_back_is_used_again() -> None:
    outcome = simulate(
        lambda call, now: GatewayError("server_error") if now < 20 else None,
        items=100,
        concurrency=16,
        latency=0.05,
    )

    assert outcome.done == 100
    assert outcome.seconds <= 60


# The parts.


def test_parked_items_hold_no_slot_and_come_back_in_their_order() -> None:
    clock = Clock()
    pace: Pace[str] = Pace(1, clock=clock)
    pace.park("late", 5.0)
    pace.park("early", 1.0)
    pace.park("early too", 1.0)

    assert pace.wait() == 0.0
    assert pace.unpark() is None
    assert (pace.parked, pace.next_ready_in()) == (3, 1.0)
    clock.now = 2.0
    assert [pace.unpark(), pace.unpark(), pace.unpark()] == ["early", "early too", None]
    assert pace.drain() == ["late"]
    assert (pace.parked, pace.next_ready_in()) == (0, None)


def test_no_more_than_the_limit_is_in_flight() -> None:
    pace: Pace[int] = Pace(2, clock=Clock())
    first, _ = pace.start(), pace.start()

    assert pace.wait() is None
    with pytest.raises(RuntimeError):
        pace.start()
    pace.finished(first)
    assert pace.wait() == 0.0


def test_a_cancelled_call_gives_its_slot_back_and_teaches_nothing() -> None:
    pace: Pace[int] = Pace(1, clock=Clock())

    for _ in range(30):
        pace.abandoned(pace.start())

    assert (pace.in_flight, pace.limit, pace.rate, pace.circuit) == (0, 1, None, "closed")


def test_a_pace_needs_a_slot() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pace(0)


def test_failures_lower_the_concurrency_by_their_share_and_answers_raise_it() -> None:
    limit = AdaptiveLimit(16)
    for number in range(16):
        limit.bad_call(number, newest=15)
    after_one_round = limit.calls
    for number in range(16, 48):
        limit.bad_call(number, newest=number)

    assert 14 <= after_one_round < 16
    assert limit.calls == 1
    for _ in range(400):
        limit.good()
    assert limit.calls == 16


def test_a_great_concurrency_is_reached_within_a_round_trip() -> None:
    limit = AdaptiveLimit(128)
    assert limit.calls == 64

    for _ in range(64):
        limit.good()

    assert limit.calls == 128


def test_the_circuit_opens_after_ten_failures_in_a_row_and_lets_one_call_try() -> None:
    clock = Clock()
    pace: Pace[int] = Pace(4, clock=clock, circuit=Circuit(clock, rest=5.0))
    failed = GatewayError("server_error")
    for _ in range(9):
        pace.finished(pace.start(), failed)
    pace.finished(pace.start())
    for _ in range(9):
        pace.finished(pace.start(), failed)
    assert pace.circuit == "closed"

    pace.finished(pace.start(), failed)

    assert (pace.circuit, pace.wait(), pace.openings) == ("open", 5.0, 1)
    clock.now = 5.0
    assert pace.circuit == "half_open"
    trying = pace.start()
    assert pace.wait() is None
    pace.finished(trying, failed)
    assert (pace.circuit, pace.wait()) == ("open", 10.0)
    clock.now = 15.0
    pace.finished(pace.start())
    assert (pace.circuit, pace.wait()) == ("closed", 0.0)


def test_refused_calls_do_not_open_the_circuit() -> None:
    clock = Clock()
    pace: Pace[int] = Pace(4, clock=clock)

    for _ in range(40):
        clock.now += pace.wait() or 0.0
        pace.finished(pace.start(), refusal(0.1), until=clock.now + 0.1)

    assert pace.circuit == "closed"


def test_what_one_driver_learned_makes_another_more_careful_only() -> None:
    clock = Clock()
    learned: Pace[int] = Pace(8, clock=clock)
    tickets = [learned.start() for _ in range(8)]
    for ticket in tickets:
        learned.finished(ticket, refusal(2.0), until=2.0)
    other: Pace[int] = Pace(8, clock=clock)

    other.adopt(learned.state())

    assert other.rate == learned.rate is not None
    assert other.limit <= 8
    fresh: Pace[int] = Pace(8, clock=clock)
    learned.adopt(fresh.state())
    assert learned.rate is not None
