"""Ends what a supervisor left behind when it was killed: a small process of its own.

The supervisor writes lines to its standard input: ``+GROUP SIGNAL`` when it started a part, whose
process group is GROUP, ``-GROUP`` when that part is gone. The pipe ends when the supervisor ends,
however it ended. Then each group that is left gets its signal, the last one started first, and
after some seconds SIGKILL. Inherits the supervisor's lock, so that a new start waits for this.

Runs as ``python -I -S guard.py`` and imports nothing but the standard library.
"""

import os
import signal
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 5.0


def living(group: int) -> list[int]:
    """The processes of a group that still run; ended ones that nobody reaped do not count."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        # After the name in brackets: state, parent, group.
        fields = stat.rpartition(")")[2].split()
        if int(fields[2]) == group and fields[0] not in ("Z", "X"):
            found.append(int(entry.name))
    return found


def send(group: int, number: int) -> None:
    """Send a signal to a whole group, if it is still there."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def main() -> None:
    """Keep the list until the pipe ends, then clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        words = line.split()
        if line.startswith("+"):
            groups[int(words[0][1:])] = int(words[1])
        else:
            groups.pop(int(words[0][1:]), None)
    for group in reversed(groups):
        send(group, groups[group])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(living(group) for group in groups):
        time.sleep(0.05)
    for group in groups:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
