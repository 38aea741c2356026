"""The gateway of the engine's benchmark: as little work between request and reply as there can be.

    python -m tests.benchmarks._engine_stub

Prints its port. ``POST /behave`` with a JSON object sets what it does from then on and forgets what
it has counted; ``GET /counts`` tells requests by status. What can be set:

``latency``      milliseconds before every answer
``window``       most requests taken in any second, the others get 429
``retry_after``  seconds in the header of a 429
``refused``      the share of items whose first request gets 429, by their idempotency key
``hanging``      the share of items whose first request is never answered
"""

import asyncio
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

import uvloop

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "MODEL",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "WANT_REFUND"},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 60, "completion_tokens": 4, "total_tokens": 64},
    }
)


def reply(status: int, body: bytes, *headers: str) -> bytes:
    """Return one whole HTTP reply."""
    lines = (
        f"HTTP/1.1 {status} X",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def digest_of(text: bytes) -> int:
    """Return a number that says nothing about its neighbours'."""
    return int.from_bytes(sha256(text).digest()[:4], "big")


@dataclass
class Manners:
    """What the stub does now, and what it has seen since it was told to."""

    latency: float = 0.0
    window: int = 0
    retry_after: float = 1.0
    refused: float = 0.0
    hanging: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    taken: deque[float] = field(default_factory=deque)
    seen: set[bytes] = field(default_factory=set)
    answers: dict[bytes, bytes] = field(default_factory=dict)

    def refusal(self) -> bytes:
        """Return a 429."""
        return reply(429, b'{"error":{"code":"429"}}', f"Retry-After: {self.retry_after:g}")

    def answer(self, model: bytes) -> bytes:
        """Return the good answer of ``model``."""
        found = self.answers.get(model)
        if found is None:
            text = ANSWER.replace("MODEL", model.decode())
            found = self.answers[model] = reply(200, text.encode())
        return found

    def over_the_window(self) -> bool:
        """Whether one more request now is one too many in this second."""
        now = time.monotonic()
        while self.taken and self.taken[0] <= now - 1.0:
            self.taken.popleft()
        if len(self.taken) >= self.window:
            return True
        self.taken.append(now)
        return False

    def first_of(self, key: bytes, share: float, salt: bytes) -> bool:
        """Whether this is the first request of an item that is among ``share`` of all."""
        if key in self.seen or digest_of(salt + key) % 1000 >= 1000 * share:
            return False
        self.seen.add(key)
        return True


manners = Manners()


class Connection(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Collect until a request is whole, then answer it."""
        self._bytes += data
        head, found, rest = self._bytes.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.find(b"content-length: ")
        length = int(lower[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        self._bytes = b""
        self._answer(head, lower, rest)

    def _answer(self, head: bytes, lower: bytes, body: bytes) -> None:
        if head.startswith(b"POST /behave"):
            behave(json.loads(body))
            self._transport.write(reply(200, b"{}"))
            return
        if head.startswith(b"GET /counts"):
            self._transport.write(reply(200, json.dumps(manners.counts).encode()))
            return
        at = lower.find(b"idempotency-key: ")
        key = head[at + 17 :].split(b"\r\n", 1)[0] if at >= 0 else b""
        if manners.hanging and manners.first_of(key, manners.hanging, b"hang"):
            manners.counts["hung"] += 1
            return
        if (manners.window and manners.over_the_window()) or (
            manners.refused and manners.first_of(key, manners.refused, b"refuse")
        ):
            manners.counts["429"] += 1
            self._transport.write(manners.refusal())
            return
        manners.counts["200"] += 1
        at = body.find(b'"model"')
        answer = manners.answer(body[at:].split(b'"', 4)[3])
        if manners.latency:
            self._loop.call_later(manners.latency / 1000, self._transport.write, answer)
        else:
            self._transport.write(answer)


def behave(wanted: dict[str, Any]) -> None:
    """Start over with other manners."""
    global manners
    manners = Manners(**wanted)


async def serve() -> None:
    """Serve on a free loopback port until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
