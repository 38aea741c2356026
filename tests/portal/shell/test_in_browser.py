"""The shell in a real browser: accessible, quiet under the CSP, and forgiving."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.shell.home import register_panel
from portal.shell.models import NotificationKind
from portal.shell.services import notify
from tests.browsing import settled

pytestmark = [
    pytest.mark.journey,
    pytest.mark.urls("tests.portal.shell.urls_for_tests"),
    pytest.mark.usefixtures("own_registries", "own_templates"),
]


@pytest.fixture
def open_quiet(open_page: Any, staff: User) -> Any:
    """Return a function that opens a page as staff, or as a visitor, once all of it has come."""

    def opened(path: str, *, visitor: bool = False, **options: Any) -> Page:
        page = open_page(None if visitor else staff, path, **options)
        page.wait_for_load_state("networkidle")
        return page

    return opened


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
    open_quiet: Any, path: str, width: int, scheme: str
) -> None:
    page = open_quiet(path, width=width, visitor="login" in path, color_scheme=scheme)
    settled(page)


def test_the_theme_follows_the_system_until_it_is_chosen_and_is_then_kept(open_quiet: Any) -> None:
    page = open_quiet("/", color_scheme="dark")
    root = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(root) == "dark"
    page.get_by_role("button", name="Theme: as the system").click()
    assert page.evaluate(root) == "light"
    page.reload()
    assert page.evaluate(root) == "light"


def test_without_javascript_the_theme_still_follows_the_system(open_quiet: Any) -> None:
    page = open_quiet("/", color_scheme="dark", java_script_enabled=False)
    dark = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    page = open_quiet("/", color_scheme="light", java_script_enabled=False)
    light = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert dark != light
    assert page.get_by_role("button", name="Theme").count() == 0


def test_home_loads_its_panels(open_quiet: Any) -> None:
    register_panel("panel", 10, label="Panel to come")
    page = open_quiet("/")
    assert page.get_by_role("heading", name="Waiting for you").is_visible()
    assert page.get_by_text("Panel to come").count() == 0


def test_a_refused_form_comes_back_into_its_place_with_the_summary_in_focus(
    open_quiet: Any,
) -> None:
    page = open_quiet("/live/")
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
    open_quiet: Any, button: str, words: str
) -> None:
    page = open_quiet("/live/")
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name=button).click()
    page.locator("#messages").get_by_text(words).wait_for()
    assert page.get_by_label("Name").input_value() == "Ann"


def test_a_lost_connection_is_said_and_the_typed_text_stays(open_quiet: Any) -> None:
    page = open_quiet("/live/")
    page.get_by_label("Name").fill("Ann")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    page.locator("#messages").get_by_text("could not be reached").wait_for()
    assert page.get_by_label("Name").input_value() == "Ann"


def test_leaving_a_changed_form_asks_first(open_quiet: Any) -> None:
    page = open_quiet("/live/")
    page.get_by_label("Name").press_sequentially("Ann")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Assay").click()
    page.wait_for_load_state()
    assert asked == ["beforeunload"]


def test_menus_and_dialogs_work_by_keyboard(open_quiet: Any) -> None:
    page = open_quiet("/styleguide/", width=390)
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


def test_the_bell_counts_on_by_itself_and_fails_in_silence(
    open_quiet: Any, settings: Any, staff: User
) -> None:
    # given one thing to read, on a narrow screen with everything in its top bar
    settings.GATEWAY_SIMULATED = True
    kind = NotificationKind.DONE
    notify(user=staff, text="Run 3 is complete.", link="/styleguide/", kind=kind)
    page = open_quiet("/notifications/", width=390, color_scheme="dark")
    settled(page)
    page.set_viewport_size({"width": 320, "height": 700})
    settled(page)
    page.clock.install()
    page.reload()
    bell = page.locator("#bell")
    expect(bell).to_have_accessible_name("Notifications, 1 unread")

    # when something happens, and a minute passes
    notify(user=staff, text="Run 4 failed.", link="/styleguide/", kind=kind)
    page.clock.fast_forward(61_000)

    # then the bell has it; when the portal is gone, nothing is said
    expect(bell).to_have_accessible_name("Notifications, 2 unread")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(61_000)
    assert page.locator("[role=alert]").count() == 0
    page.context.set_offline(False)
    page.get_by_role("button", name="Run 3 is complete.").click()
    page.wait_for_url("**/styleguide/")
    expect(bell).to_have_accessible_name("Notifications, 1 unread")
