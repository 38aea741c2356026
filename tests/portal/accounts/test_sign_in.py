"""Signing in: the right password lets in, everything else says the same."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from portal.accounts import services
from tests.factories import people

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_rate_limits_left_over() -> None:
    cache.clear()


def _sign_in(client: Client, email: str, password: str, **query: str) -> Any:
    return client.post(
        "/accounts/login/", {"login": email, "password": password}, query_params=query
    )


def test_the_right_password_leads_home() -> None:
    ada = people.person("Ada", password=PASSWORD)

    response = _sign_in(Client(), ada.email, PASSWORD)

    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer() -> None:
    ada = people.person("Ada", password=PASSWORD)

    wrong = _sign_in(Client(), ada.email, "not the password")
    unknown = _sign_in(Client(), "nobody@example.com", "not the password")

    assert wrong.status_code == unknown.status_code
    assert "not correct" in wrong.content.decode()
    assert "not correct" in unknown.content.decode()


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_elsewhere(target: str) -> None:
    ada = people.person("Ada", password=PASSWORD)

    response = _sign_in(Client(), ada.email, PASSWORD, next=target)

    assert response["Location"] == "/"


def test_too_many_wrong_passwords_are_held_back() -> None:
    ada = people.person("Ada", password=PASSWORD)
    client = Client()

    for _ in range(5):
        _sign_in(client, ada.email, "wrong wrong wrong")
    response = _sign_in(client, ada.email, PASSWORD)

    assert response.status_code != 302


def test_nobody_signs_up() -> None:
    response = Client().get("/accounts/signup/")

    assert "password1" not in response.content.decode()


def test_a_disabled_account_is_out_at_its_next_request() -> None:
    ada = people.person("Ada", password=PASSWORD)
    client = Client()
    _sign_in(client, ada.email, PASSWORD)
    assert client.get("/").status_code == 200

    services.disable_user(actor=None, user=ada)

    assert client.get("/").status_code == 302


def test_an_idle_session_ends(settings: Any) -> None:
    client = Client()
    client.force_login(people.person())
    client.get("/")
    session = client.session
    session["last_seen"] = int(time.time()) - settings.SESSION_IDLE_SECONDS - 1
    session.save()

    assert client.get("/").status_code == 302


def test_a_fragment_without_a_session_sends_the_whole_page_to_sign_in() -> None:
    response = Client().get("/", headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/accounts/login/")


def test_the_api_without_a_session_answers_json() -> None:
    response = Client().get("/api/v1/workloads")

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
