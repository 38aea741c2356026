"""A blind study in a real browser: two people rate by keys and by touch, then names are said."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import settled
from tests.factories import preferences

pytestmark = pytest.mark.journey


def rate_by_key(page: Page, place: int, key: str) -> None:
    """Press a key on one pair, once it can have been read."""
    expect(page.locator(f"#rating[aria-label='Pair {place} of 10']")).to_be_focused()
    page.wait_for_timeout(450)
    page.keyboard.press(key)


def test_two_people_rate_blind_and_closing_says_whose_answers_they_were(open_page: Any) -> None:
    # given an open study, with a name that no page of a rater may hold
    scene = preferences.scene()
    study = scene.open(question="Which answer would you rather send?")
    names = [one.gateway_alias for one in scene.evaluation.entries]
    home = f"/workloads/{scene.workload.ref}/studies/1/"
    asked: list[str] = []
    # when the first rater comes from the home page and works by keys alone
    page = open_page(scene.raters[0], "/")
    page.on("response", lambda answer: asked.append(answer.url))
    page.get_by_role("link", name="Rate answers for").click()
    expect(page.get_by_role("button", name="A is better")).to_be_visible()
    settled(page)
    for place, key in enumerate("aabbtxabab", start=1):
        rate_by_key(page, place, key)
        if place == 3:
            # a key that is still down on the next pair does not judge it unseen
            expect(page.locator("#rating[aria-label='Pair 4 of 10']")).to_be_focused()
            page.keyboard.press("a")
            page.reload()
            expect(page.locator("#rating")).to_have_attribute("aria-label", "Pair 4 of 10")
    expect(page.get_by_text("Thank you, that was the last pair")).to_be_visible()
    assert not any(name in url for name in names for url in asked)
    assert names[0] not in page.content()
    # and the second on a phone, in the dark, with two tabs
    phone = {"width": 390, "color_scheme": "dark"}
    small = open_page(scene.raters[1], f"{home}rate/", **phone)
    other = open_page(scene.raters[1], f"{home}rate/", **phone)
    settled(small)
    small.get_by_role("button", name="B is better").click()
    expect(small.locator("#rating")).to_have_attribute("aria-label", "Pair 2 of 10")
    other.get_by_role("button", name="A is better").click()
    # then the second tab is told, and goes on with the next pair
    expect(other.get_by_role("alert")).to_contain_text("the first verdict stands")
    expect(other.locator("#rating")).to_have_attribute("aria-label", "Pair 2 of 10")
    preferences.rate_all(study, scene.raters[1], lambda rating: preferences.Outcome.FIRST)
    # when the maker closes it
    maker = open_page(scene.maker, home)
    settled(maker)
    maker.get_by_role("button", name="Close and reveal").click()
    # then it says whose answers they were, to everybody
    expect(maker.get_by_text(f"against {names[1]}").first).to_be_visible()
    settled(maker)
    page.goto(page.url.replace("rate/", ""))
    expect(page.get_by_text("Every verdict")).to_be_visible()
    assert study.raters.count() == 2
