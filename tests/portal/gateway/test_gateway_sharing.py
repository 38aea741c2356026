"""What drivers tell each other of a model's limits: shares, dates, and a Valkey that is away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from portal.gateway import sharing
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import Pace
from portal.gateway.sharing import Exchange, Told, share_of

SCOPE = "test_gateway_sharing"


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    """Nobody has said anything yet."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        for key in client.keys("assay:pace:*"):
            client.delete(key)
        yield


def talk(*owners: str, what: Callable[..., Awaitable[None]], url: str = "") -> None:
    """Run ``what`` with an exchange for each owner."""

    async def run() -> None:
        ends = [Exchange(url or django_settings.REDIS_URL, one, scope=SCOPE) for one in owners]
        try:
            await what(*ends)
        finally:
            for end in ends:
                await end.leave(["alpha"])

    asyncio.run(run())


def test_a_newcomer_hears_the_limit_and_each_takes_its_part() -> None:
    async def what(first: Exchange, second: Exchange) -> None:
        # given a driver that found 50 calls a second while it was alone
        assert await first.tell({"alpha": Told(rate=50.0)}) == {"alpha": []}
        # when another one comes
        heard = await second.tell({"alpha": Told()})
        # then it begins at half of that, and the first goes down to the other half
        assert heard is not None
        assert share_of(Told(), heard["alpha"]) == Told(rate=25.0, drivers=2)
        back = await first.tell({"alpha": Told(rate=50.0)})
        assert back is not None
        assert share_of(Told(rate=50.0), back["alpha"]).rate == 25.0

    talk("first", "second", what=what)


def test_what_is_shared_already_is_not_cut_again() -> None:
    # given two drivers at 25 each, of which one measures a little less now
    others = [Told(rate=24.0, limit=8.0, drivers=2)]
    # when the other one listens, then it stays where it is
    assert share_of(Told(rate=25.0, limit=8.5, drivers=2), others) == Told(drivers=2)


def test_a_pause_is_as_long_for_whoever_hears_of_it_later() -> None:
    async def what(first: Exchange, second: Exchange) -> None:
        await first.tell({"alpha": Told(pause=3.0)})
        await asyncio.sleep(0.2)
        heard = await second.tell({"alpha": Told()})
        assert heard is not None
        assert 2.0 < heard["alpha"][0].pause < 2.85

    talk("first", "second", what=what)


def test_who_left_or_was_not_heard_of_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def what(first: Exchange, second: Exchange, third: Exchange) -> None:
        for one in (first, second):
            await one.tell({"alpha": Told(rate=10.0)})
        await first.leave(["alpha"])
        heard = await third.tell({"alpha": Told()})
        assert heard is not None
        assert len(heard["alpha"]) == 1
        monkeypatch.setattr(sharing, "GONE_AFTER_SECONDS", 0.05)
        await asyncio.sleep(0.1)
        assert await third.tell({"alpha": Told()}) == {"alpha": []}

    talk("first", "second", "third", what=what)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", '{"a": 1}', "[1, 2, 3]", "[1e999, 1, 1, 1, 1]", '[0, -1, "x", null, 1]'],
)
def test_an_entry_that_makes_no_sense_is_not_heard(text: str) -> None:
    assert sharing._read(text, 1.0) is None


def test_without_valkey_nothing_is_heard_and_nothing_raised(tmp_path: Path) -> None:
    async def what(alone: Exchange) -> None:
        assert await alone.tell({"alpha": Told(rate=1.0)}) is None
        assert await alone.tell({"alpha": Told(rate=1.0)}) is None

    talk("alone", what=what, url=f"unix://{tmp_path}/nobody.sock")


def test_what_is_heard_makes_a_pace_more_careful_until_the_others_are_gone() -> None:
    now = [100.0]
    pace: Pace[Any] = Pace(16, clock=lambda: now[0])
    # when it hears of a rate and a pause
    pace.hear(limit=4.0, rate=10.0, pause=2.0)
    # then it waits, and goes on at that rate
    assert (pace.limit, pace.rate, pace.pause) == (4, 10.0, 2.0)
    assert pace.wait() == pytest.approx(2.0)
    # and has the whole of it once the other driver is gone
    pace.relieved(2.0)
    assert pace.rate == 20.0
    # and what it heard it does not pass on as a limit that it met itself
    assert pace.learned_limit is None
    now[0] += 3.0
    ticket = pace.start()
    pace.finished(ticket, GatewayError("server_error"))
    assert pace.learned_limit is not None
