"""When something goes wrong: a page, a remark for htmx, or JSON, and never a secret."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from portal.accounts.models import User
from portal.shell import views

pytestmark = [
    pytest.mark.urls("tests.portal.shell.urls_for_tests"),
    pytest.mark.usefixtures("own_registries"),
]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def site(browser_page: Client) -> Client:
    """A client that is shown the error page instead of the exception."""
    browser_page.raise_request_exception = False
    return browser_page


def test_a_missing_page_is_told_the_same_way_for_every_address(site: Client) -> None:
    first, second = site.get("/secret-7/"), site.get("/other/")
    assert first.status_code == 404
    assert "secret-7" not in first.content.decode()

    def words(answer: HttpResponse) -> list[str]:
        # The tokens of the forms differ at each drawing; all else is equal.
        lines = answer.content.decode().splitlines()
        return [line for line in lines if "csrf" not in line.lower()]

    assert words(first) == words(second)


def test_a_conflict_says_what_happened_where_to_look_and_escapes_names(site: Client) -> None:
    answer = site.get("/conflict/")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This changed since you opened it." in page
    assert 'href="/styleguide/"' in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page


def test_a_conflict_in_a_fragment_is_a_remark_not_a_page(site: Client) -> None:
    answer = site.get("/conflict/", headers=HTMX)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_missing_fragment_joins_the_page_it_was_asked_from(site: Client) -> None:
    answer = site.get("/nope/", headers=HTMX)
    assert answer.status_code == 404
    assert answer["HX-Retarget"] == "#messages"
    assert "<html" not in answer.content.decode()


def test_programs_get_json(site: Client) -> None:
    answer = site.get("/api/nope/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert site.get("/api/fails/").json()["code"] == "error"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_fault_of_ours_tells_no_detail(site: Client, headers: dict[str, str]) -> None:
    answer = site.get("/fails/", headers=headers)
    assert answer.status_code == 500
    assert "secret detail" not in answer.content.decode()
    assert "logged" in answer.content.decode()


def test_a_database_that_does_not_answer_is_a_503_with_a_time_to_try_again(site: Client) -> None:
    answer = site.get("/no-database/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "10.0.0.1" not in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_words(member: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    answer = strict.post("/live/", {"name": "Ann"})
    assert answer.status_code == 403
    assert "too old to be sent" in answer.content.decode()


@pytest.mark.parametrize(
    ("handler", "status", "words"),
    [
        (views.bad_request, 400, "could not be read"),
        (views.permission_denied, 403, "role does not allow"),
        (views.too_many_requests, 429, "Too many tries"),
    ],
)
def test_the_other_refusals_have_their_page(
    handler: object, status: int, words: str, member: User
) -> None:
    request = RequestFactory().get("/")
    request.user = member
    request.session = {}  # type: ignore[assignment]
    answer = handler(request, Exception("hidden reason"))  # type: ignore[operator]
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "hidden reason" not in answer.content.decode()
