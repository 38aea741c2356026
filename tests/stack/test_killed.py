"""After kill -9 nothing is left over, and the next start has all data."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

pytestmark = [pytest.mark.stack, pytest.mark.faults]


def postmaster(var: Path) -> int:
    return int((var / "pg" / "postmaster.pid").read_text().splitlines()[0])


def keep_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")


def kept_row(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute("select answer from kept").fetchone()


def test_a_killed_supervisor_leaves_no_process(standin: Callable, var: Path) -> None:
    first = standin("--stubborn")
    keep_a_row(first.facts["database"])
    before = first.left()
    assert len(before) > 5

    first.process.kill()
    # At once: it has to wait for what the first one left, not to fall over it.
    again = standin()

    assert not set(before) & set(again.left())
    assert kept_row(again.facts["database"]) == (42,)


def test_services_go_even_when_the_guard_is_killed_as_well(standin: Callable, var: Path) -> None:
    running = standin()
    guard = [
        pid for pid in running.left() if b"guard.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(guard) == 1

    os.kill(guard[0], signal.SIGKILL)
    running.process.kill()

    assert running.wait_until_nothing_is_left(10) == []


def test_a_killed_postgresql_is_named_and_the_next_start_recovers(
    standin: Callable, var: Path
) -> None:
    first = standin()
    keep_a_row(first.facts["database"])

    os.kill(postmaster(var), signal.SIGKILL)
    _, errors = first.process.communicate(timeout=15)

    assert first.process.returncode == 1
    assert errors == "assay: postgresql ended by itself (signal 9).\n"
    assert (var / "pg" / "postmaster.pid").exists()
    again = standin()
    assert kept_row(again.facts["database"]) == (42,)


def test_a_dead_server_that_nobody_reaped_does_not_block_the_start(
    standin: Callable, var: Path
) -> None:
    first = standin()
    lines = (var / "pg" / "postmaster.pid").read_text().splitlines()
    first.end()
    # As in a container whose first process does not reap: the process id exists, the server not.
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    (var / "pg" / "postmaster.pid").write_text("\n".join([str(zombie.pid), *lines[1:]]) + "\n")

    again = standin()

    assert again.facts
    zombie.wait()


def test_a_process_id_that_another_program_has_now_does_not_block_the_start(
    standin: Callable, var: Path
) -> None:
    first = standin()
    lines = (var / "pg" / "postmaster.pid").read_text().splitlines()
    first.end()
    (var / "pg" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    assert standin().facts
