"""A brief from nothing to submitted: in a few clicks at tier 1, with three reviewers at tier 3."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.demo.people import make_people
from tests.journeys.conftest import Persona
from workloads.briefs.models import BriefVersion
from workloads.lifecycle.models import Review, Vote, Workload
from workloads.lifecycle.selectors import current_cycle, phase_record

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
MOST = 12


@pytest.fixture
def site(transactional_db: None, live_server: Any) -> str:
    """The served portal with its people; these walks need neither models nor workers."""
    make_people()
    return str(live_server.url)


class Counted:
    """A persona whose every click and every answer is counted."""

    def __init__(self, who: Persona) -> None:
        self.who, self.page, self.count = who, who.page, 0

    def click(self, role: Any, name: str) -> None:
        """Click a link, button or choice."""
        self.count += 1
        self.page.get_by_role(role, name=name).first.click()

    def fill(self, name: str, words: str) -> None:
        """Answer by typing."""
        self.count += 1
        self.page.locator(f"main [name={name}]").fill(words)

    def choose(self, name: str, value: str) -> None:
        """Answer by choosing."""
        self.count += 1
        field = self.page.locator(f"main [name={name}]")
        if field.first.get_attribute("type") == "checkbox":
            self.page.locator(f"main [name={name}][value={value}]").check()
        else:
            field.select_option(value)


def _saved(who: Persona) -> None:
    who.page.locator("main h2").first.click()
    who.page.locator("[data-save-state][data-state=saved]").wait_for(timeout=30_000)


def _scoping(ref: str) -> str:
    return phase_record(current_cycle(Workload.objects.get(ref=ref)), "scoping").state


def test_a_tier_1_brief_takes_at_most_twelve_clicks_and_answers(
    persona: Callable[[str], Persona],
) -> None:
    owner = persona("owner")
    owner.go("/workloads/")
    counted = Counted(owner)
    counted.click("link", "New workload")
    owner.page.wait_for_url("**/workloads/new/")
    owner.look("tier-1-new")
    counted.fill("name", "Handbook answers")
    counted.click("radio", "Answer questions from documents")
    counted.click("button", "Make it and write the brief")
    owner.page.wait_for_url(re.compile(r"/brief/$"))
    owner.look("tier-1-brief")
    counted.fill(
        "business_problem",
        "Colleagues ask the People team the same 60 questions; an answer takes a day.",
    )
    counted.fill("intended_outcome", "Most questions are answered at once, with the page.")
    counted.fill("users", "The People team of six; 400 questions a month.")
    counted.choose("data_class", "internal")
    counted.choose("data_categories", "none")
    counted.choose("audience", "team")
    counted.choose("eu_class", "minimal")
    button = owner.page.get_by_role("button", name="Pass scoping")
    button.wait_for(timeout=30_000)
    expect(owner.page.locator("#brief-tier")).to_contain_text("1, low")
    counted.click("button", "Pass scoping")
    owner.says("Scoping is passed.")
    assert counted.count <= MOST
    assert _scoping(Workload.objects.get().ref) == "passed"


def _vote(who: Persona, ref: str, choice: str, reason: str = "") -> None:
    who.go(f"/workloads/{ref}/gates/scoping/")
    who.page.locator(f"[name=choice][value={choice}]").check()
    if reason:
        who.page.locator("[name=reason]").fill(reason)
    who.press("Cast the vote")


def test_a_tier_3_brief_is_sent_back_mended_and_approved_by_three_remits(
    persona: Callable[[str], Persona],
) -> None:
    owner = persona("owner")
    owner.go("/workloads/new/tier/")
    for name, value in (
        ("workload_type", "chatbot"), ("data_class", "confidential"), ("audience", "public"),
        ("autonomy", "watched"), ("writes_outside", "no"), ("decision_impact", "operational"),
        ("eu_class", "transparency"),
    ):  # fmt: skip
        owner.page.locator(f"main [name={name}]").select_option(value)
    owner.page.locator("[name=data_categories][value=personal]").check()
    expect(owner.page.locator("#tried")).to_contain_text("business + risk + privacy")
    owner.look("tier-3-tried")
    owner.page.get_by_role("link", name="Make the workload from this").click()
    owner.page.wait_for_url(re.compile("/workloads/new/"))
    owner.page.locator("[name=name]").fill("Card help chat")
    owner.press("Make it and write the brief")
    ref = Workload.objects.get().ref
    owner.says("3, high")
    answers = {
        "business_problem": "Customers wait eleven minutes on the phone to learn how to block a"
        " card; half of all calls are such questions.",
        "intended_outcome": "Simple questions are settled in the app at any hour.",
        "users": "Retail customers in the app, about 180,000 conversations a month.",
        "dpia_url": "https://documents.example/privacy/dpia-2031",
        "eu_rationale": "It talks to customers, who must be told that it is AI (article 50(1));"
        " no use of Annex III.",
    }
    for name, words in answers.items():
        owner.page.locator(f"main [name={name}]").fill(words)
    owner.page.locator("[name=lawful_basis]").select_option("contract")
    _saved(owner)
    owner.look("tier-3-brief")
    owner.press("Submit for review")
    owner.says("The review is open.")

    risk, reason = persona("risk"), "Say who reads the escalated conversations at night."
    _vote(risk, ref, "request_changes", reason)
    assert _scoping(ref) == "open"

    owner.go(f"/workloads/{ref}/brief/")
    owner.says(reason)
    owner.look("tier-3-sent-back")
    owner.page.locator("[name=human_oversight]").fill(
        "The night lead reads escalations within five minutes and can switch the chat off."
    )
    _saved(owner)
    owner.press("Submit for review")
    for remit in ("business", "privacy"):
        _vote(persona(remit), ref, "approve")
        assert _scoping(ref) == "in_review"
    _vote(risk, ref, "approve")
    assert _scoping(ref) == "passed"
    assert [review.outcome for review in Review.objects.order_by("round")] == [
        "changes_requested", "approved",
    ]  # fmt: skip
    assert Vote.objects.filter(choice="approve").count() == 3
    assert BriefVersion.objects.count() == 2
    owner.go(f"/workloads/{ref}/brief/tier/")
    owner.look("tier-3-law")
