"""A golden dataset in a real browser: imported, mended, edited by keyboard, committed, compared."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import settled
from tests.factories import datasets, lives, people

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_from_a_broken_file_to_a_second_version(open_page: Any, tmp_path: Path) -> None:
    owner = people.person("Owner")
    workload = lives.draft(owner)
    made = datasets.dataset(owner, workload)
    base = f"/workloads/{workload.ref}/datasets/{made.ref}/"
    rows = [datasets.ticket(n) for n in range(12)]
    broken, mended = tmp_path / "tickets.jsonl", tmp_path / "mended.jsonl"
    broken.write_bytes(datasets.jsonl(*rows[:5], {**rows[5], "kind": "odd"}, *rows[6:]))
    mended.write_bytes(datasets.jsonl(*rows))
    page = open_page(owner, f"{base}import/")

    # a file with a wrong row is refused with its line, the mended one is shown and imported
    page.set_input_files("#id_file", broken)
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#problems")).to_contain_text("Use one of typical, edge, adversarial")
    settled(page)
    page.set_input_files("#id_file", mended)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Import 12 examples").click()
    expect(page.get_by_text("12 examples imported into the draft.")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Commit version 1").click()
    expect(page.get_by_text("Version 1 committed;")).to_be_visible()

    # the editor by keyboard alone: down to the third, open, change, save; tick the next
    page.goto(page.url.replace("versions/1/", "examples/"))
    page.locator("tr[data-example]").first.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    form = page.get_by_role("form", name="Edit t-0002")
    expect(form).to_be_visible()
    expect(form.get_by_label("Kind")).to_be_visible()
    settled(page)
    form.get_by_label("subject").fill("A subject that was typed here")
    form.get_by_label("Weight").fill("99")
    page.keyboard.press("Control+Enter")
    expect(form.get_by_text("The weight is a number between 0.1 and 10.").first).to_be_visible()
    expect(form.get_by_label("subject")).to_have_value("A subject that was typed here")
    form.get_by_label("Weight").fill("2")
    page.keyboard.press("Control+Enter")
    row = page.locator("tr[data-example]").nth(2)
    expect(row).to_contain_text("A subject that was typed here")
    expect(row).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("1")
    page.get_by_text("Change the ticked").click()
    page.get_by_label("Tag", exact=True).last.fill("billing")
    page.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("1 example changed in the draft.")).to_be_visible()

    # what changed is told field by field, and committed
    page.get_by_role("link", name="Is it good enough?").click()
    page.get_by_role("link", name="What changed").click()
    expect(page.locator("article.changed")).to_have_count(2)
    expect(page.locator("article.changed").first).to_contain_text("input.subject")
    settled(page)
    page.get_by_role("link", name="Is it good enough?").click()
    page.get_by_label("What changed").fill("Ticket 2 reworded, ticket 3 tagged")
    page.get_by_role("button", name="Commit version 2").click()
    expect(page.get_by_text("Version 2 committed;")).to_be_visible()
    page.get_by_role("link", name="Proposals").click()
    expect(page.get_by_text("Nothing is proposed")).to_be_visible()
