"""What the engine's benchmark stands on: the stub, a real worker, and clocks for both.

All of it in processes of their own, each ended by its own id.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis
from django.conf import settings
from django.db import connection, transaction

from evaluations.runs.models import Run
from evaluations.scorecards.models import Scorecard
from tests.factories import runs

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 300.0


class Stub:
    """The stub gateway from outside."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def behave(self, **manners: float) -> None:
        """Start over with these manners; see `_engine_stub`."""
        self._ask("/behave", manners)

    def counts(self) -> dict[str, int]:
        """Return the requests so far, by status."""
        return dict(self._ask("/counts"))

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextlib.contextmanager
def process(*command: str, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for as long as the block lasts."""
    made = subprocess.Popen([sys.executable, *command], cwd=ROOT, **more)
    try:
        yield made
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(made.pid).children(recursive=True)
            made.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                made.wait(10)
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            made.kill()
        made.wait()


@contextlib.contextmanager
def stub() -> Iterator[Stub]:
    """Serve the stub gateway."""
    words = ("-m", "tests.benchmarks._engine_stub")
    with process(*words, stdout=subprocess.PIPE) as made:
        assert made.stdout is not None
        yield Stub(int(made.stdout.readline()))


@contextlib.contextmanager
def worker(gateway: Stub, log: Path, children: int) -> Iterator[int]:
    """Run a Celery worker as `assay up` does; yields its process id once it takes tasks."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "GATEWAY_URL": gateway.url,
        "GATEWAY_API_KEY": "sk-bench",
        "GATEWAY_ALLOW_LOOPBACK": "true",
        "PYTHONPATH": str(ROOT),
    }
    words = (
        *("-m", "celery", "--app", "portal", "worker", "--pool", "prefork"),
        *("--concurrency", str(children), "--without-gossip", "--without-mingle"),
    )
    with (
        log.open("wb") as out,
        process(*words, env=environment, stdout=out, stderr=subprocess.STDOUT) as made,
    ):
        until = time.monotonic() + 90
        while b" ready." not in log.read_bytes():
            if made.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the worker did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield made.pid


def database_url() -> str:
    """Return the address of the scratch database that this process uses."""
    given = connection.settings_dict
    host = given["HOST"] or given["OPTIONS"].get("host", "")
    return f"postgresql://{given['USER']}@/{given['NAME']}?host={host}"


@dataclass(frozen=True)
class Used:
    """Processor seconds by part since they began, and memory in MB."""

    worker: float
    postgres: float
    valkey: float

    @property
    def all(self) -> float:
        """Processor seconds together."""
        return self.worker + self.postgres + self.valkey

    def since(self, before: "Used") -> "Used":
        """Return what was used after ``before``."""
        return Used(
            self.worker - before.worker,
            self.postgres - before.postgres,
            self.valkey - before.valkey,
        )


class Clocks:
    """Reads the processor time of the worker, PostgreSQL and Valkey, and the worker's memory."""

    def __init__(self, worker_pid: int) -> None:
        self._worker = psutil.Process(worker_pid)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            mine = psutil.Process(cursor.fetchone()[0])
        # Whoever watches must not be counted with those who work.
        self._mine = mine
        self._postgres = mine.parents()[0]
        with contextlib.closing(redis.Redis.from_url(settings.REDIS_URL)) as client:
            self._valkey = psutil.Process(int(client.info("server")["process_id"]))

    def read(self) -> Used:
        """Return what was used so far."""
        return Used(
            family_seconds(self._worker),
            family_seconds(self._postgres) - own_seconds(self._mine),
            family_seconds(self._valkey),
        )

    def memory_mb(self) -> tuple[float, float]:
        """Return the worker's memory with shared pages counted once, and its largest process."""
        family = [self._worker, *self._worker.children(recursive=True)]
        together = sum(one.memory_full_info().pss for one in family)
        return together / 2**20, max(one.memory_info().rss for one in family) / 2**20


def own_seconds(one: psutil.Process) -> float:
    """Return the processor seconds of one process."""
    times = one.cpu_times()
    return float(times.user + times.system)


def family_seconds(head: psutil.Process) -> float:
    """Return the processor seconds of a process, its children, and those of them that ended."""
    total = 0.0
    for one in (head, *head.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@dataclass(frozen=True)
class Measured:
    """One run: seconds from its acceptance to its scorecard, and what it took."""

    run: Run
    seconds: float
    used: Used
    published: bool


def measure(scene: runs.Scene, clocks: Clocks, *, ideal: float, **plan: Any) -> Measured:
    """Run ``scene`` from the commit that accepts it until its scorecard stands."""
    before = clocks.read()
    accepted: list[float] = []
    with transaction.atomic():
        # The first to be told of the commit, before anybody is asked to work.
        transaction.on_commit(lambda: accepted.append(time.perf_counter()))
        run = scene.start(**plan)
    time.sleep(ideal * 0.9)
    while not (published := Scorecard.objects.filter(run=run).exists()):
        if time.perf_counter() - accepted[0] > LONGEST_SECONDS:
            break
        time.sleep(0.004)
    seconds = time.perf_counter() - accepted[0]
    run.refresh_from_db()
    return Measured(run, seconds, clocks.read().since(before), published)


@dataclass(frozen=True)
class Looped:
    """One of the two loops: its seconds and processor seconds."""

    seconds: float
    cpu: float


def loop(python: str, name: str, gateway: Stub, calls: int, concurrency: int) -> Looped | None:
    """Run a loop over the stub; None when that interpreter has not what it needs."""
    file = str(ROOT / "tests" / "benchmarks" / "_engine_loops.py")
    done = subprocess.run(
        [python, file, name, gateway.url, str(calls), str(concurrency)],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    if done.returncode:
        if "ModuleNotFoundError" in done.stderr:
            return None
        raise SystemExit(done.stderr[-2000:])
    return Looped(**json.loads(done.stdout))
