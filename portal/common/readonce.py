"""What one request asks for twice is read once.

A page shows eight phases whose evidence, checks, authors and notes rest on the same rows. While a
reading is open, a selector marked `read_once` goes to the database once for the same arguments.
That is safe because a reading ends at the first write or row lock of its connection: what a
service decides on is always read anew, and nothing outlives the request.
"""

import re
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection
from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
T = TypeVar("T")

_LOCKS = re.compile(r"\sFOR\s+(NO\s+KEY\s+|KEY\s+)?(UPDATE|SHARE)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Reading:
    """What was read so far; ``ended`` once something was written or locked."""

    found: dict[Hashable, Any] = field(default_factory=dict)
    ended: bool = False

    def watch(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Pass a statement on; one that does more than read ends this reading."""
        words = str(sql).lstrip(" (\n")
        if words[:6].upper() != "SELECT" or _LOCKS.search(words):
            self.ended = True
            self.found.clear()
        return execute(sql, params, many, context)


_open: ContextVar[_Reading | None] = ContextVar("reading", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Read each thing once inside the block; inside another open reading, share that one."""
    around = _open.get()
    if around is not None and not around.ended:
        yield
        return
    reading = _Reading()
    token = _open.set(reading)
    try:
        with connection.execute_wrapper(reading.watch):
            yield
    finally:
        _open.reset(token)


def read_once(selector: Callable[P, T]) -> Callable[P, T]:
    """Make ``selector`` answer from the open reading when it was asked the same before.

    For functions that only read; their arguments are hashable (model instances count by their
    key). Callers share the answer, so it is not to be changed in place.
    """

    @wraps(selector)
    def once(*args: P.args, **kwargs: P.kwargs) -> T:
        reading = _open.get()
        if reading is None or reading.ended:
            return selector(*args, **kwargs)
        key = (selector, args, tuple(sorted(kwargs.items())))
        if key in reading.found:
            kept: T = reading.found[key]
            return kept
        answer = selector(*args, **kwargs)
        if not reading.ended:
            reading.found[key] = answer
        return answer

    return once


class ReadOnceMiddleware:
    """Opens a reading for each request that only reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a GET or HEAD inside one reading; anything else as it is."""
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with one_reading():
            return self.get_response(request)
