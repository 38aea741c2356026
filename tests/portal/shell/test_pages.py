"""The frame of every page: where you are, who you are, what waits for you."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from portal.accounts.models import User
from portal.shell.apps import registered_pages_exist
from portal.shell.home import register_panel
from portal.shell.navigation import navigation, register

pytestmark = [
    pytest.mark.urls("tests.portal.shell.urls_for_tests"),
    pytest.mark.usefixtures("own_registries"),
]


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/"
    page = client.get("/accounts/login/").content.decode()
    assert "Sign in to Assay" in page
    assert "Sign out" not in page
    assert "hx-headers" not in page  # a visitor's page needs no session for a token


def test_a_refused_sign_in_keeps_the_address_and_says_why(client: Client, member: User) -> None:
    answer = client.post("/accounts/login/", {"login": "nina@example.com", "password": "wrong"})
    page = answer.content.decode()
    assert 'value="nina@example.com"' in page
    assert "not correct" in page


def test_the_frame_says_who_is_signed_in_and_signs_out_by_post(browser_page: Client) -> None:
    page = browser_page.get("/").content.decode()
    assert "Nina Okonkwo" in page
    assert "Product owner" in page
    assert '<form method="post" action="/accounts/logout/">' in page
    assert "hx-headers:inherited" in page


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_models_are_said_on_every_page(
    browser_page: Client, settings: pytest.FixtureRequest, simulated: bool
) -> None:
    settings.GATEWAY_SIMULATED = simulated  # type: ignore[attr-defined]
    assert ("simulated" in browser_page.get("/").content.decode()) is simulated


def test_the_navigation_marks_the_longest_matching_entry(member: User) -> None:
    register("Panels", "panel", 10)
    register("More", "more", 20)
    request = RequestFactory().get("/panel/more/9/")
    request.user = member
    links = navigation.links(request, "main")
    assert [(link.label, link.current) for link in links] == [
        ("Home", False),
        ("Panels", False),
        ("More", True),
    ]


def test_an_entry_is_hidden_from_those_it_is_not_for(member: User, staff: User) -> None:
    request = RequestFactory().get("/")
    request.user = member
    assert navigation.links(request, "account") == []
    request.user = staff
    assert [link.label for link in navigation.links(request, "account")] == ["Style guide"]


def test_an_entry_twice_or_without_a_page_is_found_before_anybody_sees_it() -> None:
    register("Panels", "panel", 10)
    with pytest.raises(ImproperlyConfigured, match="twice"):
        register("Panels again", "panel", 11)
    assert registered_pages_exist() == []
    register("Lost", "no:such-page", 30)
    register_panel("no:such-panel", 1, label="Lost")
    assert [problem.msg.split()[0] for problem in registered_pages_exist()] == [
        "no:such-page",
        "no:such-panel",
    ]


def test_home_loads_its_panels_in_order_and_links_to_them_without_javascript(
    browser_page: Client,
) -> None:
    register_panel("more", 20, label="Waiting for others")
    register_panel("panel", 10, label="Waiting for you", wide=True)
    page = browser_page.get("/").content.decode()
    assert page.index('hx-get="/panel/"') < page.index('hx-get="/panel/more/"')
    assert '<a href="/panel/">Open Waiting for you as a page</a>' in page


def test_home_without_panels_says_so(browser_page: Client) -> None:
    assert "Nothing waits for you" in browser_page.get("/").content.decode()


def test_the_style_guide_is_there_for_staff_alone(browser_page: Client, staff: User) -> None:
    assert browser_page.get("/styleguide/").status_code == 404
    browser_page.force_login(staff)
    page = browser_page.get("/styleguide/")
    assert page.status_code == 200
    assert page.content.decode().count('data-bs-theme="dark"') == 1


def test_pages_do_not_write_on_other_methods(browser_page: Client) -> None:
    answer = browser_page.post("/")
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert "Nothing was changed" in answer.content.decode()


@pytest.mark.usefixtures("own_templates")
def test_htmx_gets_the_part_and_everybody_else_the_page(browser_page: Client) -> None:
    part = browser_page.get("/live/", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.content.decode().strip().startswith("<form")
    assert "HX-Request" in part["Vary"]
    for headers in (
        {},
        {"HX-Request": "true", "HX-History-Restore-Request": "true"},
        {"HX-Request": "true", "HX-Request-Type": "full"},
        {"HX-Request": "true", "HX-Boosted": "true"},
    ):
        page = browser_page.get("/live/", headers=headers)
        assert page.content.decode().startswith("<!doctype html>"), headers


@pytest.mark.usefixtures("own_templates")
def test_a_refused_form_comes_back_with_what_was_typed(browser_page: Client) -> None:
    answer = browser_page.post("/live/", {"name": "ann <b>"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="ann &lt;b&gt;"' in page
    assert 'href="#id_name"' in page
