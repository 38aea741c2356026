"""The event loop that calls are made on."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


def run_on_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end on a loop of its own and return what it returns.

    uvloop's: with a call in flight per slot, a good part of a driver's time is the loop itself.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
