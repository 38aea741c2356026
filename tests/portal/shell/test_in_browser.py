"""The shell in a real browser: accessible, quiet under the CSP, and forgiving."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from portal.accounts.models import User
from portal.shell.home import register_panel

CHROMIUM = os.environ.get("ASSAY_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

pytestmark = [
    pytest.mark.journey,
    pytest.mark.urls("tests.portal.shell.urls_for_tests"),
    pytest.mark.usefixtures("own_registries", "own_templates"),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(
    browser: Browser, live_server: Any, transactional_db: None, staff: User
) -> Iterator[Any]:
    """Return a function that opens a page as staff (or as a visitor) and notes every complaint."""
    contexts = []
    complaints: list[str] = []

    def opened(path: str, *, width: int = 1280, visitor: bool = False, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        if not visitor:
            client = Client()
            client.force_login(staff)
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto(f"{live_server.url}{path}")
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize(
    ("path", "width", "scheme"),
    [
        ("/accounts/login/", 1280, "light"),
        ("/accounts/login/", 390, "dark"),
        ("/", 1280, "dark"),
        ("/", 390, "light"),
        ("/styleguide/", 1280, "light"),  # shows both themes itself
        ("/styleguide/", 390, "dark"),
        ("/nope/", 390, "light"),
        ("/fails/", 1280, "dark"),
    ],
)
def test_no_page_has_an_accessibility_finding_or_scrolls_sideways(
    open_page: Any, path: str, width: int, scheme: str
) -> None:
    page = open_page(path, width=width, visitor="login" in path, color_scheme=scheme)
    violations = Axe().run(page, options=RULES).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_the_theme_follows_the_system_until_it_is_chosen_and_is_then_kept(open_page: Any) -> None:
    page = open_page("/", color_scheme="dark")
    root = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(root) == "dark"
    page.get_by_role("button", name="Theme: as the system").click()
    assert page.evaluate(root) == "light"
    page.reload()
    assert page.evaluate(root) == "light"


def test_without_javascript_the_theme_still_follows_the_system(open_page: Any) -> None:
    page = open_page("/", color_scheme="dark", java_script_enabled=False)
    dark = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    page = open_page("/", color_scheme="light", java_script_enabled=False)
    light = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert dark != light
    assert page.get_by_role("button", name="Theme").count() == 0


def test_home_loads_its_panels(open_page: Any) -> None:
    register_panel("panel", 10, label="Panel to come")
    page = open_page("/")
    assert page.get_by_role("heading", name="Waiting for you").is_visible()
    assert page.get_by_text("Panel to come").count() == 0


def test_a_refused_form_comes_back_into_its_place_with_the_summary_in_focus(
    open_page: Any,
) -> None:
    page = open_page("/live/")
    page.get_by_label("Name").fill("ann")
    page.get_by_role("button", name="Send").click()
    page.locator("[data-error-summary]").wait_for()
    assert page.get_by_label("Name").input_value() == "ann"
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert page.get_by_role("heading", name="Live").is_visible()


@pytest.mark.parametrize(
    ("button", "words"),
    [("Conflict", "This changed since you opened it."), ("Fails", "Something went wrong")],
)
def test_a_failure_joins_the_page_and_takes_nothing_from_it(
    open_page: Any, button: str, words: str
) -> None:
    page = open_page("/live/")
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name=button).click()
    page.locator("#messages").get_by_text(words).wait_for()
    assert page.get_by_label("Name").input_value() == "Ann"


def test_a_lost_connection_is_said_and_the_typed_text_stays(open_page: Any) -> None:
    page = open_page("/live/")
    page.get_by_label("Name").fill("Ann")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    page.locator("#messages").get_by_text("could not be reached").wait_for()
    assert page.get_by_label("Name").input_value() == "Ann"


def test_leaving_a_changed_form_asks_first(open_page: Any) -> None:
    page = open_page("/live/")
    page.get_by_label("Name").press_sequentially("Ann")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Assay").click()
    page.wait_for_load_state()
    assert asked == ["beforeunload"]


def test_menus_and_dialogs_work_by_keyboard(open_page: Any) -> None:
    page = open_page("/styleguide/", width=390)
    menu = page.locator("details.nav-menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_by_role("link", name="Home").is_visible()
    page.keyboard.press("Escape")
    assert not menu.get_by_role("link", name="Home").is_visible()
    page.get_by_role("button", name="Open a dialog").first.press("Enter")
    dialog = page.get_by_role("dialog", name="Withdraw the submission?")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
