"""Two stacks on one folder would take each other's sockets away."""

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.stack


def test_a_second_start_is_refused_in_one_sentence(standin: Callable, var: Path) -> None:
    first = standin()

    second = standin()

    assert second.process.returncode == 1
    assert second.process.stderr.read() == (
        f"assay: Assay already runs from this folder (process {first.process.pid} at"
        " http://127.0.0.1:1/); stop that one first, or use it.\n"
    )
    with psycopg.connect(first.facts["database"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_ctrl_c_stops_everything_and_frees_the_folder(standin: Callable, var: Path) -> None:
    first = standin("--stubborn")

    status, output, _ = first.end()

    assert (status, output) == (0, "stopping\n")
    assert first.left() == []
    assert not (var / "pg" / "postmaster.pid").exists()
    assert os.listdir(var / "run") == []
    again = standin()
    assert again.facts == first.facts
