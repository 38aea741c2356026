"""`./assay up` as a whole: it serves, can be joined, and leaves nothing when it is killed."""

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.faults]


def served_at(running: Any) -> str:
    """Read what it prints until it says where it serves."""
    printed = []
    while line := running.line(seconds=90):
        printed.append(line)
        if found := re.match(r"Assay is served at (\S+)", line):
            return found[1]
    pytest.fail(f"it ended: {''.join(printed)} {running.process.communicate()[1]}")


def test_the_whole_portal_starts_can_be_joined_and_goes_when_killed(
    launch: Callable, var: Path
) -> None:
    running = launch("-m", "portal.stack", "up", "--no-demo", "--port", "0")

    address = served_at(running)

    with urllib.request.urlopen(f"{address}readyz", timeout=10) as answer:
        assert answer.status == 200
    running_now = b" ".join(
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ") for pid in running.left()
    )
    for part in (b"gunicorn", b"portal worker", b"portal beat", b"portal.gateway.sandbox"):
        assert part in running_now
    joined = launch("-m", "portal.stack", "manage", "showmigrations", "--plan")
    output, errors = joined.process.communicate(timeout=60)
    assert "[X]" in output, errors
    assert "[ ]" not in output

    running.process.kill()

    assert running.wait_until_nothing_is_left(15) == []
