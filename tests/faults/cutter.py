"""A proxy before PostgreSQL or Valkey: cuts everything, freezes, or loses the reply of a commit."""

import asyncio
import random
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

# A simple query of the protocol: Q, its length with itself, the words, a zero.
COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
Server = str | tuple[str, int]


class Cutter:
    """Forwards a loopback port to a server, on its own loop and thread.

    ``server`` is the path of a unix socket, or a host and a port.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="cutter", daemon=True)
        self._ready = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._away = False
        self.port = 0
        self.commits = 0
        self.cuts = 0
        # Of so many commits the reply of one is lost, by chance; 0 is never. Not each so-manieth:
        # what commits in the same rhythm would meet it for ever.
        self.cut_one_in = 0
        self.chance = random.Random(0)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def away(self, gone: bool) -> None:
        """Let the server be gone, with every connection, or be back."""
        asyncio.run_coroutine_threadsafe(self._set_away(gone), self._loop).result(10)

    def freeze(self, frozen: bool) -> None:
        """Let connections stand, and new ones be taken, while nothing passes; or let it pass."""
        act = self._flows.clear if frozen else self._flows.set
        self._loop.call_soon_threadsafe(act)

    async def _set_away(self, gone: bool) -> None:
        self._away = gone
        if gone:
            for writer in list(self._open):
                writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._flows = asyncio.Event()
        self._flows.set()
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._flows.set()
        for writer in list(self._open):
            writer.transport.abort()
        # Each connection ends by itself once its sockets are gone.
        while asyncio.all_tasks(self._loop):
            self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._server, str):
            return await asyncio.open_unix_connection(self._server)
        return await asyncio.open_connection(*self._server)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._away:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        mine = {writer, up_writer}
        self._open |= mine
        down = asyncio.create_task(self._forward(up_reader, writer))
        try:
            with suppress(OSError):
                while data := await reader.read(65_536):
                    await self._flows.wait()
                    lost = data.endswith(COMMIT) and self._loses()
                    if lost:
                        down.cancel()
                        await asyncio.gather(down, return_exceptions=True)
                    up_writer.write(data)
                    await up_writer.drain()
                    if lost:
                        # The server commits, and nobody is told.
                        await up_reader.read(65_536)
                        break
        finally:
            down.cancel()
            self._open -= mine
            for one in mine:
                one.transport.abort()

    def _loses(self) -> bool:
        self.commits += 1
        if not self.cut_one_in or self.chance.randrange(self.cut_one_in):
            return False
        self.cuts += 1
        return True

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
