"""Autosave in a real browser: nothing typed is lost, the tier follows, two people are merged."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from tests.factories import briefs, lives, people
from workloads.briefs.models import Brief
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def brief_of(workload: Workload) -> str:
    return f"/workloads/{workload.ref}/brief/"


def owner_with_workload() -> tuple[User, Workload]:
    owner = people.person("Owner")
    return owner, lives.draft(owner)


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state][data-state=saved]")).to_contain_text("saved")


def test_typing_on_saves_as_it_goes_and_loses_nothing(open_page: Any) -> None:
    briefs.known_metric()
    owner, workload = owner_with_workload()
    page = open_page(owner, brief_of(workload))
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    for name in ("business_problem", "intended_outcome", "users"):
        page.click(f"#id_{name}")
        page.keyboard.type(f"What stands in {name}, typed while the former one is saved.", delay=5)
    page.fill("#id_latency_p95_ms", "abc")
    page.select_option("#id_data_class", "confidential")
    expect(page.locator("#brief-tier")).to_contain_text("2, limited")
    expect(page.locator("#id_fallback")).to_be_visible()
    page.click("#id_fallback")
    page.keyboard.type("Tickets go to the general queue.")
    page.click("h1")
    page.wait_for_load_state("networkidle")
    saved(page)
    expect(page.locator("#id_latency_p95_ms")).to_have_value("abc")
    expect(page.get_by_text("for example 2 or 0.8").first).to_be_visible()
    page.reload()
    for name in ("business_problem", "intended_outcome", "users"):
        expect(page.locator(f"#id_{name}")).to_have_value(re.compile(f"stands in {name}, typed"))
    expect(page.locator("#id_fallback")).to_have_value("Tickets go to the general queue.")
    expect(page.locator("#id_latency_p95_ms")).to_have_value("abc")
    assert problems == []


def test_a_kpi_row_keeps_its_place_while_it_is_written(open_page: Any) -> None:
    metric = briefs.known_metric()
    owner, workload = owner_with_workload()
    page = open_page(owner, brief_of(workload))
    row = page.locator("fieldset.kpi")
    row.get_by_label("What is it called?").fill("Routed right")
    row.get_by_label("By which metric?").select_option(metric)
    row.get_by_label("How is it counted?").fill("First queue is the last.")
    row.get_by_label("Target").fill("96")
    row.get_by_label("Floor").fill("90")
    row.get_by_label("Unit").fill("%")
    page.click("h1")
    page.wait_for_load_state("networkidle")
    saved(page)
    expect(page.locator("fieldset.kpi")).to_have_count(1)
    kpi = Brief.objects.get().kpis.get()
    assert (kpi.name, kpi.measured_by, kpi.target, kpi.floor, kpi.unit) == (
        "Routed right", metric, 96, 90, "%",
    )  # fmt: skip


def test_two_people_in_one_answer_see_both_and_choose(open_page: Any) -> None:
    owner, workload = owner_with_workload()
    other = people.person("Other")
    lifecycle.add_member(actor=owner, workload=workload, user=other, role="contributor")
    first = open_page(owner, brief_of(workload))
    second = open_page(other, brief_of(workload))
    second.fill("#id_users", "their words")
    second.click("h1")
    saved(second)
    first.fill("#id_users", "my words")
    first.click("h1")
    merge = first.get_by_text("Somebody changed the same answers")
    expect(merge).to_be_visible()
    expect(first.locator("#id_users")).to_have_value("my words")
    first.get_by_label("their words").check()
    expect(merge).to_be_hidden()
    expect(first.locator("#id_users")).to_have_value("their words")
    assert Brief.objects.get().users == "their words"
