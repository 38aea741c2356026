"""The clerk of a driver: does its database work, one piece after the other, beside the loop.

A thread of its own, so that the loop never waits for the database, on the connection of whoever
made the driver, so that none has to be opened for it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

import structlog
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    connection,
    connections,
)

from portal.common import storage

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
# How much of its patience is for a full disk: leases must be given back while they hold.
STORAGE_SHARE = 0.25


class Clerk:
    """Does database work for one event loop. Make it in the thread that owns the connection.

    ``patience`` is for how many seconds a piece of work is tried again while the database is away,
    and a part of that while its disk is full.
    Until the ``with`` block ends, nobody else may use that connection.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="run-ledger", initializer=self._take_over
        )

    def _take_over(self) -> None:
        connections[DEFAULT_DB_ALIAS] = self._connection

    async def __aenter__(self) -> Self:
        self._connection.inc_thread_sharing()
        return self

    async def __aexit__(self, *_: object) -> None:
        # What is under way ends first: the connection is given back unused.
        await asyncio.get_running_loop().run_in_executor(self._thread, _nothing)
        self._thread.shutdown(wait=False)
        self._connection.dec_thread_sharing()

    async def do(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns. Raises what it raises, and DatabaseError in the end."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._steadily, work)

    def _steadily(self, work: Callable[[], T]) -> T:
        began = time.monotonic()
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return work()
            except (DatabaseError, InterfaceError) as problem:
                if not storage.lost(problem):
                    raise
                full = storage.refused(problem)
                connection.close()
                patience = self._patience * (STORAGE_SHARE if full else 1)
                if time.monotonic() > began + patience:
                    if full:
                        # What comes now gives things back, and need not wait for it again.
                        self._patience = 0.0
                    raise
                event = "run_storage_full" if full else "run_database_away"
                log.warning(event, problem=type(problem).__name__)
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _nothing() -> None:
    """End behind everything that was asked for before."""
