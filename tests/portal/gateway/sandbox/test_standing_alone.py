"""The sandbox is a process of its own: small, without Django, reading no file."""

import ast
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import portal.gateway.sandbox

FOLDER = Path(portal.gateway.sandbox.__file__).parent
COMMAND = [sys.executable, "-m", "portal.gateway.sandbox"]
ROOT = FOLDER.parents[2]


def environment(**extra: str) -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")
    } | extra


@contextmanager
def running(**extra: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(**extra),
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert found is not None
        yield process, found.group().rstrip(",")
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_the_process_says_where_it_listens_and_stays_small() -> None:
    with running(SANDBOX_API_KEY="sk-own", SANDBOX_LATENCY_SCALE="0") as (process, address):
        request = urllib.request.Request(
            f"{address}/v1/models", headers={"Authorization": "Bearer sk-own"}
        )
        with urllib.request.urlopen(request, timeout=10) as got:
            assert got.status == 200
        status = Path(f"/proc/{process.pid}/status")
        if status.exists():
            kilobytes = re.search(r"VmRSS:\s+(\d+)", status.read_text())
            assert kilobytes is not None
            assert int(kilobytes.group(1)) < 60 * 1024


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running() as (process, _):
        process.send_signal(number)

        assert process.wait(10) == 0


def test_a_taken_port_is_one_clear_line() -> None:
    with running() as (_, address):
        port = address.rsplit(":", 1)[1]

        second = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, cwd=ROOT, timeout=30
        )

    assert second.returncode == 1
    assert f"127.0.0.1:{port}" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("value", ["fast", "-1", "nan", "inf"])
def test_a_wrong_latency_scale_is_one_clear_line(value: str) -> None:
    got = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(SANDBOX_LATENCY_SCALE=value),
        timeout=30,
    )

    assert got.returncode == 2
    assert got.stderr.count("\n") == 1
    assert "SANDBOX_LATENCY_SCALE" in got.stderr


def test_django_is_not_loaded() -> None:
    code = (
        "import sys, portal.gateway.sandbox.__main__\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('django', 'celery')))"
    )

    got = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=True,
    )

    assert got.stdout.strip() == "[]"


def test_the_models_read_nothing_but_the_request() -> None:
    allowed = {"portal.gateway.sandbox", "aiohttp", *sys.stdlib_module_names}
    for path in FOLDER.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                own = name.startswith("portal.gateway.sandbox")
                assert own or name.split(".")[0] in allowed, f"{path.name} imports {name}"
                assert name.split(".")[0] not in ("pathlib", "sqlite3", "pickle", "io", "random"), (
                    path.name
                )
            if isinstance(node, ast.Name):
                assert node.id != "open", f"{path.name} opens a file"
