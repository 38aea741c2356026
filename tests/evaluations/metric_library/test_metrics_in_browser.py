"""The pages of metrics in a real browser: accessible, and the form shows only what counts."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import settled
from tests.factories import people

pytestmark = pytest.mark.journey


def test_a_metric_is_declared_tried_and_looked_up(open_page: Any) -> None:
    page = open_page(people.administrator(), "/metrics/", width=390, color_scheme="dark")
    settled(page)
    page.get_by_role("link", name="New metric").click()

    # Only what belongs to the choice is asked for.
    expect(page.get_by_role("textbox", name="Place", exact=True)).to_be_visible()
    page.get_by_label("The answer's text, by a pattern").check()
    expect(page.get_by_role("textbox", name="Place", exact=True)).to_be_hidden()
    page.get_by_role("textbox", name="Name", exact=True).fill("ticket")
    page.get_by_label("How lists call it").fill("Names a ticket")
    page.get_by_role("textbox", name="Pattern", exact=True).fill("(?=T)")
    page.get_by_role("button", name="Make the metric").click()
    expect(page.get_by_role("alert").first).to_contain_text("RE2")
    settled(page)
    page.get_by_role("textbox", name="Pattern", exact=True).fill("T-[0-9]{4}")
    page.get_by_role("button", name="Make the metric").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Names a ticket")
    page.get_by_role("textbox", name="Answer").fill("It is T-1234.")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator(".try-result")).to_contain_text("passed")
    settled(page)
