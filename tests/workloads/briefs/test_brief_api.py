"""The brief over the API: strict, all or nothing, and never over somebody else's change."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.described import as_described
from tests.factories import briefs, people
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db


def patch(user: Any, workload: Workload, body: Any, version: int | None = 1) -> Any:
    client = Client()
    client.force_login(user)
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return client.patch(
        f"/api/v1/workloads/{workload.ref}/brief",
        body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def test_reading_gives_answers_kpis_tier_and_the_row_version() -> None:
    owner, workload, brief = briefs.scene()
    client = Client()
    client.force_login(owner)
    answer = client.get(f"/api/v1/workloads/{workload.ref}/brief")
    body = as_described(answer)
    assert answer.headers["ETag"] == '"1"'
    assert body["answers"]["max_cost_per_request"] == "0.02"
    assert body["kpis"][0]["target"] == "96"
    assert (body["tier"]["tier"], body["digest"]) == (1, brief.digest())


def test_a_change_is_saved() -> None:
    owner, workload, _ = briefs.scene()
    answer = patch(owner, workload, {"requests_per_day": 1_000, "languages": ["en", "de"]})
    assert (answer.status_code, as_described(answer)["row_version"]) == (200, 2)
    assert answer.json()["answers"]["languages"] == ["en", "de"]


def test_an_older_version_is_a_conflict() -> None:
    owner, workload, _ = briefs.scene()
    patch(owner, workload, {"users": "theirs"})
    answer = patch(owner, workload, {"users": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
    assert "changed since you opened it" in answer.json()["message"]
    assert patch(owner, workload, {"users": "mine"}, None).json()["code"] == "version_required"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"requests_per_day": "１２"}, "requests_per_day", "invalid_integer"),
        ({"requests_per_day": 1.5}, "requests_per_day", "invalid_integer"),
        ({"requests_per_day": True}, "requests_per_day", "invalid_integer"),
        ({"budget_per_month": -1}, "budget_per_month", "out_of_range"),
        ({"budget_per_month": "NaN"}, "budget_per_month", "invalid_number"),
        ({"budget_per_month": "1E+9999"}, "budget_per_month", "invalid_number"),
        ({"budget_per_month": "0.1234567"}, "budget_per_month", "max_decimals"),
        ({"workload_type": "Chatbot "}, "workload_type", "choice"),
        ({"data_categories": "personal"}, "data_categories", "invalid"),
        ({"eu_class": ["minimal"]}, "eu_class", "choice"),
        ({"nonsense": 1}, "nonsense", "unknown_field"),
        ({"kpis": [{"target": "x"}]}, "kpis[0].target", "invalid_number"),
        ({"kpis": [{"name": "abc\u202etxt"}]}, "kpis[0].name", "forbidden_character"),
        ({"kpis": [{"brief": 1}]}, "kpis[0].brief", "unknown_field"),
        ({"kpis": "x"}, "kpis", "invalid"),
        ({"kpis": [{}] * 21}, "kpis", "too_many"),
    ],
)
def test_bad_input_names_the_field_and_saves_nothing(body: Any, field: str, code: str) -> None:
    owner, workload, brief = briefs.scene()
    answer = patch(owner, workload, {"users": "changed", **body})
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    brief.refresh_from_db()
    assert brief.users == briefs.ANSWERS["users"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_body"),
        (b"\xff", "parse_error"),
        (b'{"users": NaN}', "parse_error"),
        (b'{"users": "a", "users": "b"}', "duplicate_key"),
        (b"[" * 100_000, "too_deep"),
        (b'{"users": "a\\u0000b"}', "invalid"),
        (b"[]", "bad_body"),
        (b'{"requests_per_day": ' + b"9" * 5_000 + b"}", "parse_error"),
    ],
)
def test_a_body_that_is_no_sound_json_object_is_refused(body: bytes, code: str) -> None:
    owner, workload, _ = briefs.scene()
    answer = patch(owner, workload, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_reader_may_not_write_and_a_stranger_finds_nothing() -> None:
    _, workload, _ = briefs.scene()
    assert patch(people.reviewer("risk"), workload, {"users": "x"}).status_code == 403
    assert patch(people.stranger(), workload, {"users": "x"}).status_code == 404
