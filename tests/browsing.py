"""A real browser for tests: Chromium once per file, and pages opened as somebody."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from portal.accounts.models import User

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_axe = Axe()
# A refusal answers 4xx on purpose, an error page 5xx, and a test may cut the connection; the
# browser, and htmx with it, calls each an error.
_EXPECTED = re.compile(r"status of [45]\d\d|ERR_INTERNET_DISCONNECTED|Failed to fetch|^htmx:error")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a visible skip with the reason.

    Closed with its file: its driver keeps an event loop in this thread, in which no other test
    could run one.
    """
    path = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
    if not path or not Path(path).exists():
        pytest.skip(os.environ.get("ASSAY_CHROMIUM_MISSING") or "no Chromium on this machine")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        made.close()


@pytest.fixture
def open_page(browser: Browser, live_server: Any, transactional_db: None) -> Iterator[Any]:
    """Return ``open_page(user, path, width=1280, **context options)``: a page opened as somebody.

    None opens it as a visitor. What the browser says against a page fails the test at its end.
    """
    contexts = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not _EXPECTED.search(message.text):
            complaints.append(message.text)

    def opened(user: User | None, path: str, *, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        page.goto(f"{live_server.url}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def looked_at(page: Page, **options: Any) -> AxeResults:
    """Let axe look at the page as it stands and return what it found.

    Only what is wrong is gathered and handed over; a page that axe has looked at has it already.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe.axe_script)
    wanted = {**options, "resultTypes": ["violations"]}
    return AxeResults(
        page.evaluate("o => axe.run(o).then(({violations}) => ({violations}))", wanted)
    )


def settled(page: Page) -> None:
    """Check that the page breaks no rule, and that nothing but its tables scrolls sideways."""
    page.emulate_media(reduced_motion="reduce")
    found = looked_at(page, **RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
