"""Where things are: the clone, its `.var` folder, the sockets, the logs."""

import hashlib
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.stack.errors import StackError

# A unix socket's path has 107 bytes at most; the longest name that goes below our folder
# is PostgreSQL's ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80
# The folder goes into URLs and into PostgreSQL's comma separated list, so it must need no quoting.
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one stack. Make it with :func:`layout_for`."""

    root: Path
    var: Path

    @property
    def logs(self) -> Path:
        """One log file for each part."""
        return self.var / "log"

    @property
    def sockets(self) -> Path:
        """Where the unix sockets are: in `.var`, or in a short folder when its path is long."""
        inside = self.var / "run"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER and PLAIN.fullmatch(str(inside)):
            return inside
        name = f"assay-{os.getuid()}-{self.mark}"
        temporary = Path(tempfile.gettempdir())
        if len(os.fsencode(temporary)) > 40 or not PLAIN.fullmatch(str(temporary)):
            temporary = Path("/tmp")
        return temporary / name

    @property
    def mark(self) -> str:
        """Eight characters that tell this `.var` from every other one on the machine."""
        return hashlib.sha256(os.fsencode(self.var)).hexdigest()[:8]

    def make_folders(self) -> None:
        """Make the folders, each open to this user alone.

        Raises StackError when one belongs to somebody else.
        """
        for folder in (self.var, self.logs, self.sockets):
            private_folder(folder)

    def secret(self, name: str) -> str:
        """The random text kept in `.var/NAME`, made the first time; readable by this user alone."""
        path = self.var / name
        try:
            kept = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            kept = ""
        if kept:
            return kept
        made = secrets.token_urlsafe(48)
        write_private(path, made + "\n")
        return made


def layout_for(environment: Mapping[str, str]) -> Layout:
    """The layout of this clone; ASSAY_VAR puts its changing files elsewhere."""
    root = Path(__file__).resolve().parents[2]
    return Layout(root=root, var=Path(environment.get("ASSAY_VAR") or root / ".var").absolute())


def private_folder(folder: Path) -> None:
    """Make a folder for this user alone; refuse one that belongs to somebody else.

    The sockets' folder may lie in the shared temporary folder, where another user could have put
    a folder or a link of that name first.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise StackError(
            f"{folder} cannot be made or read ({error.strerror}): it may belong to another user;"
            " run Assay as that user or remove it."
        ) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StackError(
            f"{folder} is not a folder of this user: run Assay as its owner or remove it."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
