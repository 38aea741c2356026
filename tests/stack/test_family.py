"""The order of stopping, a part that ends by itself, a part that does not go."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack.errors import StackError
from portal.stack.family import Family, Part
from portal.stack.lock import is_alive

pytestmark = pytest.mark.stack

WRITES_WHEN_STOPPED = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("up", flush=True)
signal.sigwait({signal.SIGTERM})
with open(sys.argv[1], "a") as file:
    file.write(sys.argv[2] + "\\n")
"""


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    with Family(tmp_path) as family:
        yield family


def part(folder: Path, name: str, program: str, *words: str, patience: float = 5) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-c", program, *words),
        environment=dict(os.environ),
        folder=folder,
        patience=patience,
    )


def wait_for(family: Family, folder: Path, name: str, program: str, *words: str) -> None:
    member = family.start(part(folder, name, program, *words))
    family.wait_until(member, lambda: "up" in member.log.read_text(), seconds=10)


def test_parts_stop_in_reverse_order(family: Family, tmp_path: Path) -> None:
    said = tmp_path / "said"
    for name in ("database", "web", "worker"):
        wait_for(family, tmp_path, name, WRITES_WHEN_STOPPED, str(said), name)

    family.stop()

    assert said.read_text().splitlines() == ["worker", "web", "database"]


def test_a_part_that_ends_by_itself_is_named_with_its_log(family: Family, tmp_path: Path) -> None:
    said = tmp_path / "said"
    wait_for(family, tmp_path, "database", WRITES_WHEN_STOPPED, str(said), "database")
    family.start(part(tmp_path, "web", "import sys; print('no such table'); sys.exit(3)"))

    with pytest.raises(StackError) as caught:
        family.watch()

    assert str(caught.value) == "web ended by itself (exit status 3)."
    assert caught.value.log is not None
    assert caught.value.log.read_text() == "no such table\n"


def test_a_part_that_does_not_answer_is_named(family: Family, tmp_path: Path) -> None:
    member = family.start(part(tmp_path, "web", "import time; time.sleep(60)"))

    with pytest.raises(StackError, match=r"web did not answer within 0 s\."):
        family.wait_until(member, lambda: False, seconds=0.1)


def test_a_step_that_fails_says_how(family: Family, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"Migrating failed \(exit status 1\)\."):
        family.run(part(tmp_path, "migrate", "raise SystemExit(1)"), seconds=10, what="Migrating")


def test_a_part_that_does_not_go_is_killed_with_its_children(
    family: Family, tmp_path: Path
) -> None:
    program = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = os.fork() or os.getpid();"
        "print('up', child, flush=True) if child == os.getpid() else None; time.sleep(60)"
    )
    member = family.start(part(tmp_path, "worker", program, patience=0.2))
    family.wait_until(member, lambda: "up" in member.log.read_text(), seconds=10)
    child = int(member.log.read_text().split()[1])

    family.stop()

    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)
    assert member.process.returncode == -9
