"""What drivers on several workers learn of one model's limits, told to each other through Valkey.

Hints only: nothing waits for them, and without Valkey every driver finds the limits by itself, as
it did before. Each driver leaves one entry for each model in a hash and reads the entries of the
others; entries are dated by Valkey's own clock, and whoever has not been heard of for some seconds
is gone.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0
GONE_AFTER_SECONDS = 5.0
FORGET_MILLISECONDS = 60_000
MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What one driver says of one model.

    ``limit`` is how many calls it has in flight at most, ``rate`` how many a second: None while it
    has met no limit. ``pause`` is for how many seconds from now the gateway asked to be left alone.
    ``drivers`` is how many shared the model when that was learned.
    """

    limit: float | None = None
    rate: float | None = None
    pause: float = 0.0
    drivers: int = 1


class Exchange:
    """One driver's end. Never raises for what Valkey does, or does not do.

    ``url`` is Valkey's, ``owner`` the driver's name, ``scope`` what the models' names belong to:
    the gateway's address.
    """

    def __init__(self, url: str, owner: str, *, scope: str) -> None:
        self._owner = owner
        self._scope = scope
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            decode_responses=True,
        )
        self._away = False

    def _key(self, model: str) -> str:
        digest = sha256(f"{self._scope}\n{model}".encode()).hexdigest()
        return f"assay:pace:{digest[:32]}"

    async def tell(self, mine: Mapping[str, Told]) -> Mapping[str, Sequence[Told]] | None:
        """Leave what this driver has learned of each model; return what the others have.

        None while Valkey does not answer.
        """
        try:
            found = await self._tell(mine)
        except (RedisError, OSError, TimeoutError) as problem:
            if not self._away:
                log.warning("limits_not_shared", problem=type(problem).__name__)
            self._away = True
            return None
        self._away = False
        return found

    async def _tell(self, mine: Mapping[str, Told]) -> dict[str, list[Told]]:
        seconds, micros = await self._redis.time()
        now = seconds + micros / 1e6
        pipe = self._redis.pipeline(transaction=False)
        for model, told in mine.items():
            key = self._key(model)
            pipe.hset(key, self._owner, _written(told, now))
            pipe.pexpire(key, FORGET_MILLISECONDS)
            pipe.hgetall(key)
        answers = await pipe.execute()
        found: dict[str, list[Told]] = {}
        for model, entries in zip(mine, answers[2::3], strict=True):
            others = {name: text for name, text in entries.items() if name != self._owner}
            heard = [_read(text, now) for text in list(others.values())[:MOST_ENTRIES]]
            found[model] = [told for told in heard if told is not None]
            gone = [name for name, text in others.items() if _read(text, now) is None]
            if gone:
                await self._redis.hdel(self._key(model), *gone)
        return found

    async def leave(self, models: Sequence[str]) -> None:
        """Take this driver's entries away, and close the connection."""
        try:
            pipe = self._redis.pipeline(transaction=False)
            for model in models:
                pipe.hdel(self._key(model), self._owner)
            if not self._away:
                await pipe.execute()
            await self._redis.aclose()
        except (RedisError, OSError, TimeoutError):
            return


def _written(told: Told, now: float) -> str:
    return json.dumps([now, told.limit, told.rate, told.pause, told.drivers])


def _read(text: str, now: float) -> Told | None:
    """Return an entry that is young enough and makes sense."""
    try:
        at, limit, rate, pause, drivers = json.loads(text)
        age = now - float(at)
        if not -GONE_AFTER_SECONDS <= age <= GONE_AFTER_SECONDS:
            return None
        return Told(
            limit=_amount(limit),
            rate=_amount(rate),
            pause=max(0.0, (_amount(pause) or 0.0) - age),
            drivers=max(1, min(int(drivers), MOST_ENTRIES)),
        )
    except (TypeError, ValueError, OverflowError):
        return None


def _amount(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError("an amount is a finite number of zero or more")
    return number


# Every driver measures anew all the time; a share that is a little lower is noise.
CLEARLY_LOWER = 0.8


def share_of(mine: Told, others: Sequence[Told]) -> Told:
    """Return this driver's share of what all have learned of a model; None where nothing is known.

    What one driver found stands for as many drivers as there were when it found it; all together
    are taken to have found the lowest sum, and each gets an equal part of it. A limit that is not
    clearly lower than the driver's own is left out.
    """
    number = len(others) + 1
    known = [mine, *others]
    return Told(
        limit=_lower(mine.limit, [(one.limit, one.drivers) for one in known], number),
        rate=_lower(mine.rate, [(one.rate, one.drivers) for one in known], number),
        pause=max((one.pause for one in others), default=0.0),
        drivers=number,
    )


def _lower(
    mine: float | None, found: Sequence[tuple[float | None, int]], number: int
) -> float | None:
    sums = [value * drivers for value, drivers in found if value is not None]
    if not sums:
        return None
    part = min(sums) / number
    return part if mine is None or part < CLEARLY_LOWER * mine else None
