"""Real workers, a real queue and a gateway on loopback, so that they can be killed and flooded."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
import redis
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection
from kombu import pools
from kombu.exceptions import OperationalError

from evaluations.runs.checking import violations
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Run
from portal.audit import services as audit
from tests.faults.cutter import Cutter
from tests.stubs.gateway import StubGateway

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
# What depends on chance is tried with three seeds, which choose the moments: with all of them where
# faults are asked for (`-m faults`, or a path in here), else with the first.
each_seed = pytest.mark.parametrize("seed", [1, 2, 3])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the second and the third seed to who asks for faults."""
    if "faults" in config.getoption("markexpr") or any("faults" in one for one in config.args):
        return
    more = {one for one in items if FOLDER in one.path.parents and _seed(one) > 1}
    config.hook.pytest_deselected(items=list(more))
    items[:] = [one for one in items if one not in more]


def _seed(item: pytest.Item) -> int:
    callspec = getattr(item, "callspec", None)
    return int(callspec.params.get("seed", 1)) if callspec is not None else 1


@dataclass
class Workers:
    """The processes of one test, each killed by its own id at the end."""

    environment: dict[str, str]
    logs: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _sweeper: threading.Thread | None = None

    def worker(self, *, children: int = 2) -> subprocess.Popen[bytes]:
        """Start a worker with its pool children and return its main process."""
        return self._start(
            "worker",
            "--concurrency",
            str(children),
            "--loglevel",
            "INFO",
            "--without-gossip",
            "--without-mingle",
        )

    def beat(self) -> subprocess.Popen[bytes]:
        """Start the scheduler that sends the sweeper."""
        schedule = self.logs / f"beat-{len(self.started)}"
        return self._start("beat", "--schedule", str(schedule), "--loglevel", "INFO", "--pidfile=")

    def sweeper(self) -> None:
        """Send the sweeper as a scheduler does, without the seconds that one takes to start."""

        def send() -> None:
            while not self._over.wait(0.5):
                with suppress(OperationalError, OSError):
                    current_app.send_task("evaluations.runs.sweep", retry=False)

        self._sweeper = threading.Thread(target=send, name="sweeper")
        self._sweeper.start()

    def web(self, port: int) -> subprocess.Popen[bytes]:
        """Start the web server on a loopback port."""
        return self._run(
            "web",
            *("gunicorn", "--config", str(ROOT / "gunicorn.conf.py")),
            *("--bind", f"127.0.0.1:{port}", "portal.wsgi:application"),
        )

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        return self._run(kind, "celery", "-A", "portal.celery", kind, *arguments)

    def _run(self, kind: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{kind}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def children(self, process: subprocess.Popen[bytes]) -> list[int]:
        """Return the pids of a worker's pool children."""
        return [child.pid for child in psutil.Process(process.pid).children()]

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 a worker and its children, as a host that goes away does."""
        for pid in [*self.children(process), process.pid]:
            kill(pid)
        process.wait(10)

    def stop(self) -> None:
        """End everything that was started."""
        self._over.set()
        if self._sweeper is not None:
            self._sweeper.join(10)
        for process in self.started:
            if process.poll() is None:
                self.kill(process)


def kill(pid: int) -> None:
    """kill -9 one process; one that is gone already is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture
def rows_by_hand() -> None:
    """The test writes rows that no driver leaves, so that the rules do not hold."""


@pytest.fixture(autouse=True)
def rules_hold(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[None]:
    """After every test: the rules of all runs, and the chain of the audit log."""
    yield
    assert "rows_by_hand" in request.fixturenames or violations() == []
    assert audit.verify()[1] == []


@pytest.fixture
def gateway() -> Iterator[StubGateway]:
    """A gateway that counts what reaches it."""
    with StubGateway() as stub:
        yield stub


@pytest.fixture
def queue() -> Iterator["redis.Redis[bytes]"]:
    """The queue's own database, emptied before and after."""
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


# A process that stands still may hold a row lock: as in the settings the database takes it away
# before its lease would be over (60 s of 90), so here within less than two seconds.
OPTIONS = "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=1500"


@pytest.fixture
def workers(
    transactional_db: None, gateway: StubGateway, queue: Any, tmp_path: Path
) -> Iterator[Workers]:
    """Workers on this test's database, queue and gateway, with short leases."""
    database = connection.settings_dict
    options = database["OPTIONS"]
    host = database["HOST"] or options.get("host", "")
    made = Workers(
        {
            **os.environ,
            "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}"
            f"&options={quote(OPTIONS)}",
            "GATEWAY_URL": gateway.url,
            "GATEWAY_API_KEY": "sk-test",
            "GATEWAY_ALLOW_LOOPBACK": "true",
            "RUN_LEASE_SECONDS": "2",
            "RUN_SWEEP_SECONDS": "0.5",
            # Each start would check the whole portal first, its pages included: a third of it.
            "CELERY_SKIP_CHECKS": "true",
            "ASSAY_VAR": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])
            ),
        },
        tmp_path,
    )
    try:
        yield made
    finally:
        made.stop()


def wait_for(what: Callable[[], Any], *, seconds: float = 60.0, every: float = 0.05) -> Any:
    """Return the first true answer of ``what``; fail when it does not come in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(every)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def cutter(workers: Workers) -> Iterator[Cutter]:
    """A proxy between the processes of this test and their database."""
    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"].get("host", "")
    with Cutter(f"{host}/.s.PGSQL.{settings['PORT'] or 5432}") as made:
        workers.environment["DATABASE_URL"] = (
            f"postgresql://{settings['USER']}@127.0.0.1:{made.port}/{settings['NAME']}"
            "?sslmode=disable&gssencmode=disable"
        )
        yield made


def state_of(run: Run) -> str:
    """Return the run's state as it stands in the database."""
    return Run.objects.values_list("state", flat=True).get(pk=run.pk)


def ended(run: Run) -> bool:
    """Whether the run has ended, however it did."""
    return state_of(run) not in ("queued", "running", "paused")


def whole(run: Run, planned: int, *, crashed: int = 0) -> None:
    """Every item of the run has one result, and every rule holds.

    ``crashed`` is how many may have been given up because their worker died at them again and again.
    """
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert run.error_count <= crashed
    assert (run.done_count + run.error_count, run.skipped_count) == (planned, 0)
    errors = Result.objects.filter(run=run).exclude(error_class="")
    assert set(errors.values_list("error_class", flat=True)) <= {"worker_crashed"}
    assert Result.objects.filter(run=run).count() == planned
    assert violations(run) == []


@pytest.fixture
def send_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give this process another queue, by its address in Celery's words."""
    app = current_app._get_current_object()

    def forget_connections() -> None:
        # All of them: a closed one would be found again by its address.
        pools.reset()
        app._pool = app.amqp._producer_pool = None

    def use(url: str) -> None:
        forget_connections()
        monkeypatch.setenv("CELERY_BROKER_URL", url)

    yield use
    forget_connections()
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
