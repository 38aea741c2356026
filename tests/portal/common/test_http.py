"""Health, headers, and one shape of refusal."""

import pytest
from django.test import Client

from tests.factories import people
from workloads.lifecycle.services import create_workload

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_session_and_tells_nothing_else(path: str) -> None:
    response = Client().get(path)

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nowhere/", "/healthz"])
def test_every_answer_carries_the_headers(path: str) -> None:
    headers = Client().get(path).headers

    assert headers["Cache-Control"].startswith(("no-store", "max-age=0"))
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        (b"", "application/json", 400, "The body is empty. Send an object"),
        (b"[1]", "application/json", 400, "not a JSON object. Send an object"),
        (b"\xff", "application/json", 400, "UTF-8"),
        (b"[" * 100_000, "application/json", 400, "nested deeper than 32"),
        (b'{"name": "a\\u0000b"}', "application/json", 400, "null character"),
        (b'{"name": 1, "name": 2}', "application/json", 400, "appears twice"),
        (b"{}", "application/json; charset=utf-7", 415, "charset"),
        (b"<x/>", "application/xml", 415, "media type"),
        (b'"' + b"x" * 2_200_000 + b'"', "application/json", 413, "2 MiB"),
    ],
)
def test_bad_bodies_are_answered_in_the_one_shape(
    body: bytes, content_type: str, status: int, words: str
) -> None:
    owner = people.person()
    workload = create_workload(actor=owner, name="Ticket triage")
    client = Client()
    client.force_login(owner)

    response = client.patch(
        f"/api/v1/workloads/{workload.ref}/brief", body, content_type=content_type
    )

    assert response.status_code == status
    assert set(response.json()) == {"code", "message", "errors", "request_id"}
    told = response.json()["message"] + str(response.json()["errors"])
    assert words in told


@pytest.mark.parametrize("path", ["/99999999999999999999/", "/-1/", "/workloads/%00/"])
def test_odd_paths_are_not_found(path: str) -> None:
    client = Client()
    client.force_login(people.person())

    assert client.get(path).status_code == 404
