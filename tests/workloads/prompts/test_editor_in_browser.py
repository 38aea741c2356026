"""The editor in a real browser: one walk, at both widths, with nothing for axe to find."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browsing import settled
from tests.factories import lives
from tests.factories import prompts as factory
from workloads.prompts import services

pytestmark = pytest.mark.journey


def without_a_finding(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_writing_checking_branching_and_comparing(open_page: Any) -> None:
    # given a prompt with a branch and a draft that holds what looks like a key
    workload = lives.draft()
    schema = {"type": "object", "required": ["queue"]}
    first = factory.commit(workload, output_format="json", output_schema=schema)
    factory.commit(workload, output_format="json", output_schema=schema, tone="Calm.")
    services.start_from(actor=workload.owner, workload=workload, version=first)
    factory.commit(workload, output_format="json", output_schema=schema, tone="Lively.")
    factory.draft(workload, refusal_text="Redact sk-" + "example0" * 3)
    page = open_page(workload.owner, reverse("prompts:prompts", args=[workload.ref]))
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
