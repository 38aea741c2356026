"""The catalog in a real browser: one walk from the list over a comparison to an import."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from catalog import services
from tests.factories import catalog, people

CHROMIUM = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FILE = Path(__file__).parent / "data" / "price_map.json"
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}"),
]


@pytest.fixture
def page(transactional_db: None, live_server: Any) -> Iterator[Page]:
    """The list, signed in as a catalog manager; a complaint of the browser fails the test."""
    services.sync(actor=None, infos=[catalog.info(), catalog.info("steady")])
    client = Client()
    client.force_login(people.catalog_manager())
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{**cookie, "url": live_server.url}])  # type: ignore[list-item]
        made = context.new_page()
        made.set_default_timeout(20_000)
        made.on("pageerror", lambda error: complaints.append(str(error)))
        made.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        made.goto(f"{live_server.url}/catalog/")
        yield made
        browser.close()
    assert complaints == []


def look(page: Page) -> None:
    """Axe finds nothing, wide and narrow, light and dark, and nothing scrolls sideways."""
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        # Colours that fade into the other scheme are nobody's half-way.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) <= 0
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_manager_filters_compares_and_imports(page: Page) -> None:
    page.locator("summary", has_text="Status").click()
    look(page)
    page.get_by_role("link", name="Proposed 2 models").click()
    page.get_by_label("Compare swift").check()
    page.get_by_label("Compare steady").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Side by side").wait_for()
    look(page)
    page.get_by_role("link", name="swift").click()
    page.get_by_role("heading", name="Prices").wait_for()
    look(page)
    page.get_by_role("link", name="Catalog", exact=True).first.click()
    page.get_by_role("link", name="Import prices").click()
    page.get_by_label("Price map").set_input_files(FILE)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="What would change").wait_for()
    for fold in page.locator("details.fold").all():
        fold.evaluate("fold => { fold.open = true }")
    look(page)
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("Applied as it was shown").wait_for()
    look(page)
