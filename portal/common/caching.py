"""The cache: Valkey, and while that does not answer, the memory of this process.

A limit on sign-ins then still holds, for each process by itself, and no page fails or hangs.
"""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 1.0
# A page asks several times; only the first one waits.
LEFT_ALONE_SECONDS = 10.0


class _Either:
    """Does what a `RedisCacheClient` does, there or here."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        self._there = RedisCacheClient(
            servers,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            **options,
        )
        self._here = LocMemCache("while-valkey-is-away", {})
        self._away_until = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def act(*arguments: Any) -> Any:
            if time.monotonic() >= self._away_until:
                try:
                    return getattr(self._there, name)(*arguments)
                except (RedisError, OSError) as problem:
                    log.warning("cache_away", problem=type(problem).__name__)
                    self._away_until = time.monotonic() + LEFT_ALONE_SECONDS
            return getattr(self._here, name)(*arguments)

        return act


class ForgivingCache(RedisCache):
    """Django's Redis cache that never raises for what Valkey does, or does not do."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Either
