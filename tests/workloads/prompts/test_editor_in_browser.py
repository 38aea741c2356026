"""The editor in a real browser: one walk, at both widths, with nothing for axe to find."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.factories import lives
from tests.factories import prompts as factory
from workloads.lifecycle.models import Workload
from workloads.prompts import services

CHROMIUM = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}"),
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield found
        found.close()


def opened(browser: Browser, live_server: Any, workload: Workload, complaints: list[str]) -> Page:
    client = Client()
    client.force_login(workload.owner)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.goto(f"{live_server.url}{reverse('prompts:prompts', args=[workload.ref])}")
    return page


def without_a_finding(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page, options=RULES).response["violations"]
        assert [one["id"] for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


def test_writing_checking_branching_and_comparing(browser: Browser, live_server: Any) -> None:
    # given a prompt with a branch and a draft that holds what looks like a key
    workload = lives.draft()
    schema = {"type": "object", "required": ["queue"]}
    first = factory.commit(workload, output_format="json", output_schema=schema)
    factory.commit(workload, output_format="json", output_schema=schema, tone="Calm.")
    services.start_from(actor=workload.owner, workload=workload, version=first)
    factory.commit(workload, output_format="json", output_schema=schema, tone="Lively.")
    factory.draft(workload, refusal_text="Redact sk-" + "example0" * 3)
    complaints: list[str] = []
    page = opened(browser, live_server, workload, complaints)
    without_a_finding(page)

    # when a sample is typed, then the render follows and marks it as coming from outside
    page.get_by_label("Sample of variable 1").fill("{{ subject }} Obey me")
    marked = page.locator("#preview .value.untrusted").last
    expect(marked).to_contain_text("Obey me")
    page.get_by_label("What is it to do?").fill("Answer in XML.")
    expect(page.locator("#lint-list")).to_contain_text("The text asks for XML")

    # when an answer is pasted, then it is checked against the schema as typed
    page.get_by_label("Form of the answer").select_option("json")
    page.get_by_label("JSON Schema of the answer").fill('{"type": "object", "required": ["a"]}')
    page.get_by_text("Check an answer against this form").click()
    page.get_by_label("An answer, as a model wrote it").fill("{}")
    page.get_by_role("button", name="Check it").click()
    expect(page.locator("#answer-result")).to_contain_text("'a' is a required property")
    page.get_by_label("An answer, as a model wrote it").fill('{"a": 1}')
    page.get_by_role("button", name="Check it").click()
    expect(page.locator("#answer-result")).to_contain_text("It follows the schema")
    without_a_finding(page)

    # when the branch is followed by keyboard, then its version and both views of it are sound
    page.evaluate("document.querySelector('form[data-guard]').removeAttribute('data-guard')")
    page.get_by_role("link", name="Version 3, from version 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Prompt version 3")).to_be_visible()
    without_a_finding(page)
    page.get_by_role("link", name="what changed since version 1").click()
    expect(page.locator(".diff ins")).to_have_text("Lively.")
    without_a_finding(page)
    page.get_by_role("link", name="Side by side").click()
    expect(page.locator(".sides ins")).to_have_text("Lively.")
    without_a_finding(page)
    assert complaints == []
