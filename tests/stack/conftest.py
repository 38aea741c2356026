"""What the tests of the stack share: a stand-in stack as a process, a look at processes."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARK = "ASSAY_STACK_TEST"


@dataclass
class Running:
    """A process under test, with the environment mark that all its children inherit."""

    process: subprocess.Popen[str]
    var: Path
    mark: str
    facts: dict[str, str] = field(default_factory=dict)
    _printed: str = ""

    def left(self) -> list[int]:
        """The living processes that belong to it: by inherited mark, or by where they stand."""
        return [pid for pid in living() if self._owns(pid)]

    def wait_until_nothing_is_left(self, seconds: float) -> list[int]:
        """What is left after that time at most; empty as soon as nothing is."""
        deadline = time.monotonic() + seconds
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.left()

    def line(self, seconds: float) -> str:
        """The next line of its output; empty at its end. Fails when none comes in time."""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while "\n" not in self._printed:
            ready, _, _ = select.select([descriptor], [], [], seconds)
            assert ready, "nothing was printed in time"
            # Not readline(): select() does not see what Python has read ahead.
            more = os.read(descriptor, 4096).decode()
            if not more:
                break
            self._printed += more
        line, end, self._printed = self._printed.partition("\n")
        return line + end

    def end(self, number: int = signal.SIGINT, seconds: float = 15) -> tuple[int, str, str]:
        """Send a signal; exit status, output and errors."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, output, errors

    def _owns(self, pid: int) -> bool:
        # PostgreSQL writes its title over its environment, so the folder is the second sign.
        try:
            marked = f"{MARK}={self.mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
            return marked or Path(f"/proc/{pid}/cwd").readlink().is_relative_to(self.var)
        except OSError:
            return False


def living() -> list[int]:
    """All processes that run; ended ones that nobody reaped do not count."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in ("Z", "X"):
            found.append(int(entry.name))
    return found


def environment(mark: str, **more: str) -> dict[str, str]:
    """The environment of a process under test: no service is given, nothing is inherited."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG", "TMPDIR")
    }
    return {**kept, "PYTHONPATH": str(ROOT), MARK: mark, **more}


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "v"


@pytest.fixture
def launch(var: Path) -> Iterator[Callable[..., Running]]:
    """Starts a Python program with arguments; ends whatever the test left running."""
    started: list[Running] = []

    def start(*words: str, folder: Path = var, **more: str) -> Running:
        mark = uuid.uuid4().hex
        process = subprocess.Popen(
            [sys.executable, *words],
            env=environment(mark, ASSAY_VAR=str(folder), **more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running = Running(process, folder, mark)
        started.append(running)
        return running

    yield start
    for running in reversed(started):
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            try:
                running.process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                running.process.kill()
        for pipe in (running.process.stdout, running.process.stderr):
            if pipe is not None:
                pipe.close()
        running.process.wait()
    for running in started:
        for pid in running.wait_until_nothing_is_left(8):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def standin(launch: Callable[..., Running], var: Path) -> Callable[..., Running]:
    """Starts the stand-in stack and waits until it is up; a refused one is returned ended."""

    def start(*options: str, folder: Path = var, **more: str) -> Running:
        running = launch(
            str(Path(__file__).parent / "standin.py"), str(folder), *options, folder=folder, **more
        )
        line = running.line(seconds=30)
        if line:
            running.facts = json.loads(line)
        else:
            running.process.wait(10)
        return running

    return start


@pytest.fixture
def without_namespaces(tmp_path: Path) -> str:
    """A PATH on which `unshare` fails, as where user namespaces are forbidden."""
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = folder / "unshare"
    fake.write_text(
        "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.fixture
def clean_var_tmp() -> Iterator[None]:
    """Removes the data folders that a test has made under /var/tmp."""
    before = set(Path("/var/tmp").glob("assay-*"))
    yield
    for folder in set(Path("/var/tmp").glob("assay-*")) - before:
        shutil.rmtree(folder)
