"""A whole portal for one journey: the site, workers, a gateway, and a browser for each persona."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    TimeoutError,
)

from portal.demo.people import PASSWORD, make_people
from portal.demo.seeding import approve_models
from tests.browsing import looked_at

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts" / "journeys"


def _environment(gateway: str, var: Path, simulated: bool) -> dict[str, str]:
    database = connection.settings_dict
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={host}",
        "GATEWAY_URL": gateway,
        "GATEWAY_API_KEY": "sk-sandbox",
        "GATEWAY_SIMULATED": "true" if simulated else "false",
        "RUN_SWEEP_SECONDS": "1",
        # The tests check the portal; a worker that does at its start takes a third longer.
        "CELERY_SKIP_CHECKS": "true",
        "ASSAY_VAR": str(var),
        "PYTHONPATH": str(ROOT),
    }


def _start(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _answers(url: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    """The sandbox gateway as a process of its own."""
    log = tmp_path / "gateway.log"
    environment = {**os.environ, "SANDBOX_API_KEY": "sk-sandbox", "SANDBOX_LATENCY_SCALE": "0.3"}
    process = _start(["-m", "portal.gateway.sandbox", "--port", "0"], environment, log)
    try:
        until = time.monotonic() + 20
        while "http://" not in (text := log.read_text()):
            assert time.monotonic() < until, text
            time.sleep(0.05)
        url = text.split("http://")[1].split(",")[0].split()[0]
        _answers(f"http://{url}/health")
        yield f"http://{url}/v1"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def simulated() -> bool:
    """Whether the gateway's models are the sandbox's."""
    return True


@pytest.fixture
def company() -> Callable[[], None]:
    """What stands when the journey begins: the people, and the sandbox's models approved."""

    def make() -> None:
        approve_models(make_people()["catalog"])

    return make


@pytest.fixture
def with_worker() -> bool:
    """Whether a worker with its clock runs beside the pages."""
    return True


@pytest.fixture
def site(
    transactional_db: None,
    gateway: str,
    simulated: bool,
    with_worker: bool,
    company: Callable[[], None],
    live_server: Any,
    settings: Any,
    tmp_path: Path,
) -> Iterator[str]:
    """The served portal with people, approved models, a worker; the address is returned."""
    settings.GATEWAY_URL = gateway
    settings.GATEWAY_API_KEY = "sk-sandbox"
    settings.GATEWAY_SIMULATED = simulated
    settings.VAR_DIR = tmp_path
    cache.clear()
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    # The browser's driver keeps an event loop in this thread; reading the gateway needs its own.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(company).result()
        elsewhere.submit(lambda: connection.close()).result()
    if not with_worker:
        yield live_server.url
        return
    worker = _start(
        ["-m", "celery", "-A", "portal.celery", "worker", "--beat", "--concurrency", "1",
         "--schedule", str(tmp_path / "beat"), "--without-gossip", "--without-mingle"],
        _environment(gateway, tmp_path, simulated),
        tmp_path / "worker.log",
    )  # fmt: skip
    try:
        yield live_server.url
    finally:
        for child in psutil.Process(worker.pid).children(recursive=True):
            child.kill()
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)


class Persona:
    """One person in a browser of their own: signs in, walks, and looks at each page twice.

    ``look`` saves a screenshot and runs axe, light and dark; what the browser's console says
    against our pages (an error, a CSP report) fails the journey at its end.
    """

    def __init__(self, context: BrowserContext, address: str, key: str, folder: Path) -> None:
        self.context, self.address, self.key, self.folder = context, address, key, folder
        # A second walk over the same pages need not look at each of them again.
        self.looks = True
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused form answers 422 on purpose; the browser calls every such answer an error.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self) -> "Persona":
        """Sign in by the page, as people do."""
        self.go("/accounts/login/")
        self.page.get_by_label("Email").fill(f"{self.key}@demo.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.address}/")
        return self

    def go(self, path: str) -> None:
        """Open an address of the portal."""
        self.page.goto(self.address + path)

    def press(self, name: str) -> None:
        """Press the button of this name and wait for the page that follows."""
        button = self.page.get_by_role("button", name=name).first
        try:
            button.wait_for(timeout=5_000)
        except TimeoutError as problem:
            self.page.screenshot(path=self.folder / "missing-button.png", full_page=True)
            raise AssertionError(f"no button {name!r} on {self.page.url}") from problem
        with self.page.expect_navigation():
            button.click()

    def says(self, text: str) -> None:
        """The page shows ``text``."""
        self.page.get_by_text(text).first.wait_for()

    def look(self, name: str) -> None:
        """Keep a screenshot and let axe look, light and dark."""
        if not self.looks:
            return
        for scheme in ("light", "dark"):
            # Colours that fade into the other scheme are nobody's half-way.
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            # JPEG: a picture to look at, at half the work of a PNG.
            picture = self.folder / f"{name}-{scheme}.jpg"
            self.page.screenshot(path=picture, full_page=True, quality=85)
            found = looked_at(self.page)
            assert not found.violations_count, f"{name}, {scheme}: {found.generate_report()}"
        self.page.emulate_media(color_scheme="light")


@pytest.fixture
def persona(
    browser: Browser, site: str, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Persona]]:
    """Make personas, each in a browser context of their own, signed in."""
    folder = ARTIFACTS / request.node.name
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Persona] = []

    def make(key: str) -> Persona:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        made.append(Persona(context, site, key, folder))
        return made[-1].sign_in()

    yield make
    complaints = [words for one in made for words in one.complaints]
    for one in made:
        one.context.close()
    assert not complaints
