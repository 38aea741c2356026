"""A Valkey of one test's own, that can be killed and started empty."""

import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from portal.stack.valkey import find_binary
from tests.faults.conftest import wait_for


class PrivateValkey:
    """A server on a unix socket, which keeps nothing when it is killed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._binary = find_binary(environment)
        # Directly below /tmp: a longer path would not leave room for the socket's name.
        self._folder = tempfile.TemporaryDirectory(prefix="assay-valkey-", dir="/tmp")
        self._socket = Path(self._folder.name) / "v.sock"
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}?db=0"
        self.celery_url = f"redis+socket://{quote(str(self._socket))}?virtual_host=0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._server = subprocess.Popen(
            [
                str(self._binary),
                *("--port", "0", "--unixsocket", str(self._socket)),
                *("--dir", self._folder.name, "--appendonly", "no", "--save", ""),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers)

    def kill(self) -> None:
        """kill -9: every message is gone."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(10)
            self._server = None

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
