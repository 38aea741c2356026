"""One stack on one `.var` folder: a lock that ends with the process that holds it."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.stack.errors import StackError

# After a kill -9 the guard keeps the lock until it has ended what was left; see guard.py.
PATIENCE_SECONDS = 20.0


class Lock:
    """Holds `.var/lock`. Its file names the holder: process id, then a line for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock; StackError when a living stack holds it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder, note = read_holder(self._path)
                if is_alive(holder) or time.monotonic() > deadline:
                    os.close(self._descriptor)
                    where = f" at {note}" if note else ""
                    raise StackError(
                        f"Assay already runs from this folder (process {holder}{where});"
                        " stop that one first, or use it."
                    ) from None
                time.sleep(0.1)
        self.note("")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the lock go."""
        os.truncate(self._descriptor, 0)
        os.close(self._descriptor)

    def note(self, text: str) -> None:
        """Say beside the lock what runs, for whoever is refused: the address of the pages."""
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n{text}\n".encode(), 0)

    def fileno(self) -> int:
        """The descriptor, for the guard to inherit."""
        return self._descriptor


def is_held(path: Path) -> bool:
    """Whether a living stack holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return is_alive(read_holder(path)[0])
    finally:
        os.close(descriptor)
    return False


def read_holder(path: Path) -> tuple[int, str]:
    """The process id and the note in the lock file; 0 when it holds none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].isdigit():
        return 0, ""
    return int(lines[0]), lines[1] if len(lines) > 1 else ""


def is_alive(process: int) -> bool:
    """Whether a process runs; one that ended but was not reaped does not."""
    if process <= 0:
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")
