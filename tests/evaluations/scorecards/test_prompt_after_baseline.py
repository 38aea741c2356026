"""A prompt changed after the baseline reopens evaluation, and every page of the workload says so."""

import re
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from portal.accounts.models import User
from tests.browsing import settled
from tests.factories import people, scorecards
from tests.factories.scorecards import Scene
from workloads.lifecycle.selectors import current_cycle, disturbances, newest_causes
from workloads.prompts import services as prompts
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import version_of

CHANGED = "You sort support tickets, and you are brief."


def changed(made: Scene) -> PromptVersion:
    """Commit another version of the prompt, as the owner."""
    return scorecards.write_prompt(made.workload, made.owner, persona=CHANGED)


def page(user: User, path: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def paths(made: Scene) -> list[str]:
    root = f"/workloads/{made.workload.ref}"
    return [
        f"{root}/", f"{root}/brief/", f"{root}/selection/", f"{root}/prompts/",
        f"{root}/evaluation/", f"{root}/scorecards/1/", f"{root}/members/",
        f"{root}/gates/evaluation/", f"{root}/gates/prompting/", f"{root}/brief/versions/1/",
    ]  # fmt: skip


@pytest.fixture
def made() -> Scene:
    return scorecards.passed()


@pytest.mark.django_db
def test_before_the_change_no_page_speaks_of_it(made: Scene) -> None:
    for path in paths(made):
        assert 'class="disturbed"' not in page(made.owner, path), path


@pytest.mark.django_db
def test_every_page_says_what_changed_who_did_it_and_what_is_to_do(made: Scene) -> None:
    before = made.prompt.number
    after = changed(made)
    said = f"prompt version {before} → {after.number}"
    for user in (made.owner, people.reviewer("risk"), people.auditor()):
        for path in paths(made):
            text = page(user, path)
            banner = text.split('class="disturbed"')[1].split("</section>")[0]
            assert "Evaluation is reopened" in banner, path
            assert said in banner, path
            assert str(made.owner) in banner, path
            assert "do its work again" in banner, path
            assert "confirm it again" in banner, path


@pytest.mark.django_db
def test_the_scorecard_says_that_it_was_measured_with_another_version(made: Scene) -> None:
    before, after = made.prompt.number, changed(made).number
    words = (
        f"This scorecard was measured with prompt version {before};"
        f" version {after} was chosen since."
    )
    root = f"/workloads/{made.workload.ref}"
    assert words in page(made.owner, f"{root}/scorecards/1/")
    assert words in page(made.owner, f"{root}/evaluation/")
    assert f"?a={before}&amp;b={after}" in page(made.owner, f"{root}/scorecards/1/")


@pytest.mark.django_db
def test_going_back_to_the_measured_version_makes_the_scorecard_hold_again(made: Scene) -> None:
    changed(made)
    back = version_of(made.workload, made.prompt.number)
    prompts.point_candidate(actor=made.owner, workload=made.workload, version=back)
    root = f"/workloads/{made.workload.ref}"
    assert "Not measured on what is chosen now" not in page(made.owner, f"{root}/scorecards/1/")
    # The approval is not given back by itself: evaluation is still to be passed again.
    assert "Evaluation is reopened" in page(made.owner, f"{root}/scorecards/1/")


@pytest.mark.django_db
def test_the_home_of_the_owner_and_the_api_say_so_too(made: Scene) -> None:
    changed(made)
    home = page(made.owner, "/workloads/panels/waiting/")
    assert "Reopened: 4 Evaluation. To reconfirm: 3 Prompt" in home
    assert "prompt version" in home
    client = Client()
    client.force_login(made.owner)
    phases = client.get(f"/api/v1/workloads/{made.workload.ref}").json()["phases"]
    told = {one["key"]: one["disturbed"] for one in phases}
    assert told["evaluation"]["impact"] == "reopen"
    assert told["evaluation"]["by"] == str(made.owner)
    assert told["prompting"]["impact"] == "reconfirm"
    assert told["scoping"] is None
    assert told["evaluation"]["changes"].endswith("/gates/evaluation/")


@pytest.mark.django_db
def test_the_banner_goes_when_the_phases_are_passed_again(made: Scene) -> None:
    changed(made)
    cycle = current_cycle(made.workload)
    assert [one.phase.key for one in disturbances(cycle)] == ["prompting", "evaluation"]
    scorecards.lives.services.submit_phase(actor=made.owner, cycle=cycle, phase_key="prompting")
    assert [one.phase.key for one in disturbances(cycle)] == ["evaluation"]
    assert newest_causes([made.workload])[made.workload.number].reopened


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_the_owner_changes_the_prompt_and_meets_the_consequence_everywhere(
    open_page: Any, live_server: Any
) -> None:
    made = scorecards.passed()
    tab = open_page(made.owner, f"/workloads/{made.workload.ref}/prompts/")
    root = f"{live_server.url}/workloads/{made.workload.ref}"
    expect(tab.locator(".rail .passed")).to_have_count(4)
    tab.fill("[name=persona]", CHANGED)
    tab.fill("[name=note]", "Shorter answers")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Commit version").click()
    banner = tab.get_by_role("region", name="What a change undid")
    for path in ("/prompts/", "/", "/brief/", "/evaluation/", "/scorecards/1/"):
        tab.goto(f"{root}{path}")
        expect(banner).to_contain_text("Evaluation is reopened")
        expect(banner).to_contain_text(str(made.owner))
        expect(tab.locator(".rail .reopened")).to_contain_text("Evaluation")
        expect(tab.locator(".rail .stale")).to_have_count(1)
    expect(tab.get_by_text(re.compile("was measured with prompt version"))).to_be_visible()
    settled(tab)
    tab.goto(live_server.url)
    expect(tab.get_by_text(re.compile("Reopened: 4 Evaluation"))).to_be_visible()
    tab.goto(f"{root}/evaluation/")
    banner.get_by_role("link", name="see what differs in Evaluation").click()
    expect(tab).to_have_url(re.compile("gates/evaluation/$"))
