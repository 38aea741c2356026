"""The stub's HTTP server: as little as possible between a request's bytes and its reply's."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.stubs.gateway.behaviours import Behaviour, Body, Reply, head


@dataclass(frozen=True)
class StubCall:
    """One request as it came. ``status`` is 0 where nothing was answered."""

    model: str
    path: str
    idempotency_key: str
    headers: dict[str, str]
    body: Body
    at: float
    status: int


class StubGateway:
    """The server on its own loop and thread, for as long as the ``with`` block lasts.

    ``url`` is what a client is given. ``key``, when not empty, is demanded (401 otherwise).
    ``answer`` makes the text of good answers from the request's body. ``info`` is what
    ``/model/info`` serves (404 while it is ``None``), ``listed`` the models of ``/v1/models``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "",
        answer: Callable[[Body], str] | None = None,
        log: bool = True,
    ) -> None:
        self.calls: list[StubCall] = []
        self.info: bytes | None = None
        self.listed: list[Body] = []
        self._port = port
        self._key = key
        self._answer = answer
        self._log = log
        self._behaviours: dict[str, Behaviour] = {}
        self._counts: Counter[tuple[str, int]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="stub-gateway", daemon=True)
        self._ready = threading.Event()
        self._open: set[_Connection] = set()
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the stub gateway did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def behave(
        self, model: str, spec: str = "", *, answer: Callable[[Body], str] | None = None
    ) -> None:
        """From now on, answer ``model`` like that (see ``behaviours``)."""
        self._behaviours[model] = Behaviour(spec, answer=answer or self._answer)

    def count(self, model: str | None = None, status: int | None = None) -> int:
        """How many completions were asked of a model (or of all), and answered with that status (or
        with any).
        """
        return sum(
            number
            for (name, code), number in list(self._counts.items())
            if model in (None, name) and status in (None, code)
        )

    def counts(self) -> dict[str, int]:
        """All counts, as ``model status``."""
        return {f"{name} {code}": number for (name, code), number in sorted(self._counts.items())}

    def reply(self, method: str, path: str, headers: dict[str, str], payload: bytes) -> Reply:
        """What to answer; runs on the stub's loop."""
        if self._key and headers.get("authorization") != f"Bearer {self._key}":
            return _json(401, {"error": {"message": "wrong key", "code": "invalid_api_key"}})
        if method == "GET" and path in ("/model/info", "/v1/model/info") and self.info is not None:
            return Reply([head(200, len(self.info), "application/json") + self.info])
        if method == "GET" and path in ("/v1/models", "/models"):
            return _json(200, {"object": "list", "data": self.listed})
        if method != "POST" or not path.endswith("/chat/completions"):
            return _json(404, {"error": {"message": "Not Found", "code": "404"}})
        body: Body = json.loads(payload)
        model = str(body.get("model"))
        behaviour = self._behaviours.get(model)
        if behaviour is None:
            # A name that is no known model may itself say how to behave.
            self.behave(model, model)
            behaviour = self._behaviours[model]
        reply = behaviour.reply(body, headers)
        self._counts[model, reply.status] += 1
        if self._log:
            key = headers.get("idempotency-key", "")
            self.calls.append(
                StubCall(model, path, key, headers, body, time.monotonic(), reply.status)
            )
        return reply

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: _Connection(self), "127.0.0.1", self._port, backlog=512
            )
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for connection in list(self._open):
                connection.end()
            # One more turn, for the connections that were just closed.
            self._loop.run_until_complete(asyncio.sleep(0.01))
            self._loop.close()


class _Connection(asyncio.Protocol):
    """One client connection: requests one after the other, each with a Content-Length."""

    def __init__(self, stub: StubGateway) -> None:
        self._stub = stub
        self._rest = b""
        self._busy = False
        self._full = False
        self._unsent: tuple[Reply, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._stub.connections += 1
        self._stub._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._stub._open.discard(self)
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._unsent is not None:
            unsent, self._unsent = self._unsent, None
            self._send(*unsent)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._rest[:1].isalpha() and self._transport is not None:
            # No HTTP, perhaps the beginning of TLS: a server of plain HTTP says so and hangs up.
            self._transport.write(head(400, 0, "text/plain"))
            self._transport.close()
            return
        self._next()

    def _next(self) -> None:
        if self._busy:
            return
        start, found, rest = self._rest.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = start.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        method, path, _ = first.split(" ")
        self._rest, self._busy = rest[length:], True
        reply = self._stub.reply(method, path, headers, rest[:length])
        if reply.latency:
            self._timer = asyncio.get_running_loop().call_later(reply.latency, self._send, reply, 0)
        else:
            self._send(reply, 0)

    def _send(self, reply: Reply, index: int) -> None:
        if self._transport is None:
            return
        while index < len(reply.parts):
            if self._full:
                self._unsent = (reply, index)
                return
            self._transport.write(reply.parts[index])
            index += 1
            if reply.gap:
                self._timer = asyncio.get_running_loop().call_later(
                    reply.gap, self._send, reply, index
                )
                return
        self._finish(reply)

    def _finish(self, reply: Reply) -> None:
        assert self._transport is not None
        if reply.then == "close":
            self._transport.close()
        elif reply.then == "reset":
            self._transport.abort()
        elif reply.then == "keep":
            self._busy = False
            self._next()


def _json(status: int, value: Any) -> Reply:
    payload = json.dumps(value).encode()
    return Reply([head(status, len(payload), "application/json") + payload], status=status)
