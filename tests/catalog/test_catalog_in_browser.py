"""The catalog in a real browser: one walk from the list over a comparison to an import."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from catalog import services
from tests.browsing import settled
from tests.factories import catalog, people

FILE = Path(__file__).parent / "data" / "price_map.json"
pytestmark = pytest.mark.journey


def look(page: Page) -> None:
    """Axe finds nothing, wide and narrow, light and dark, and nothing scrolls sideways."""
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        settled(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_manager_filters_compares_and_imports(open_page: Any) -> None:
    services.sync(actor=None, infos=[catalog.info(), catalog.info("steady")])
    page = open_page(people.catalog_manager(), "/catalog/")
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
