"""A driver stops talking to its neighbours when it ends, whatever its Valkey client does then."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from evaluations.runs import neighbours
from evaluations.runs.neighbours import Neighbours
from portal.gateway.loops import run_on_loop
from portal.gateway.sharing import Exchange, Told


class Deaf(Exchange):
    """Loses the cancellation that comes while it waits, as `asyncio.wait_for` may."""

    def __init__(self) -> None:
        super().__init__("unix:///nowhere", "deaf", scope="")
        self.waits = asyncio.Event()

    async def tell(self, mine: Mapping[str, Told]) -> Mapping[str, Sequence[Told]] | None:
        """Wait for an answer that never comes."""
        self.waits.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return None
        return {}


def test_a_lost_cancellation_does_not_keep_a_driver_from_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "EVERY_SECONDS", 0.0)

    async def end_while_talking() -> bool:
        # given a driver that waits for its neighbours' answer
        exchange = Deaf()
        found = Neighbours(exchange, {})
        talking = asyncio.create_task(found.keep_talking())
        await exchange.waits.wait()
        # when it ends, and the cancellation is lost on its way
        found.fall_silent()
        talking.cancel()
        done, _ = await asyncio.wait([talking], timeout=5)
        talking.cancel()
        return talking in done

    # then it is not asked again
    assert run_on_loop(end_while_talking())
