"""The other drivers of the same models: what they learned of limits, and what we did."""

import asyncio
from collections.abc import Mapping

from evaluations.runs.outcomes import Work
from portal.gateway.pacing import Pace
from portal.gateway.sharing import Exchange, Told, share_of

EVERY_SECONDS = 0.5
# A run begins without its neighbours' word when it does not come as fast as everything else.
FIRST_SECONDS = 0.2


class Neighbours:
    """Keeps the paces of one driver in step with those of other drivers, on this and other hosts.

    ``exchange`` carries the words; without an answer from there the paces go on by themselves.
    """

    def __init__(self, exchange: Exchange, paces: Mapping[str, Pace[Work]]) -> None:
        self._exchange = exchange
        self._paces = dict(paces)
        self._drivers = dict.fromkeys(self._paces, 1)
        self._silent = False

    async def first(self) -> None:
        """Listen once before the first call is made."""
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                await self.talk()
        except TimeoutError:
            return

    async def keep_talking(self) -> None:
        """Tell and listen until `fall_silent`, or until cancelled."""
        while not self._silent:
            await asyncio.sleep(EVERY_SECONDS)
            await self.talk()

    def fall_silent(self) -> None:
        """Let `keep_talking` end; cancel it too, so that it does so at once.

        Cancelling alone is not enough: `asyncio.wait_for` of Python 3.11, under the Valkey client,
        drops a cancellation that comes as its answer does, and the driver would wait forever.
        """
        self._silent = True

    async def talk(self) -> None:
        """Tell the others once, and take over what they say."""
        told = {model: self._mine(model) for model in self._paces}
        heard = await self._exchange.tell(told)
        if heard is None:
            return
        for model, pace in self._paces.items():
            share = share_of(told[model], heard.get(model, ()))
            pace.hear(limit=share.limit, rate=share.rate, pause=share.pause)
            if share.drivers < self._drivers[model]:
                pace.relieved(self._drivers[model] / share.drivers)
            self._drivers[model] = share.drivers

    def _mine(self, model: str) -> Told:
        pace = self._paces[model]
        return Told(pace.learned_limit, pace.rate, pace.pause, self._drivers[model])

    async def leave(self) -> None:
        """Say goodbye, so that the others need not wait until we are missed."""
        await self._exchange.leave(list(self._paces))
