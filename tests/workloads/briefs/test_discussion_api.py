"""Versions, differences and discussion over the API: the same rules, in JSON."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.described import as_described
from tests.factories import briefs, people
from workloads.briefs import services
from workloads.briefs.models import Brief
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db


def call(user: User, workload: Workload, path: str, body: Any = None) -> Any:
    client = Client()
    client.force_login(user)
    url = f"/api/v1/workloads/{workload.ref}/brief/{path}"
    answer = client.get(url) if body is None else client.post(url, body, "application/json")
    return answer.status_code, as_described(answer) if answer.status_code < 300 else answer.json()


def test_versions_and_their_difference() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, audience="internal")
    status, body = call(owner, workload, "versions")
    assert [(one["number"], one["draft"]) for one in body["results"]] == [(2, True), (1, False)]
    assert call(owner, workload, "versions/1")[1]["content"]["answers"]["audience"] == "team"
    status, body = call(owner, workload, "compare")
    assert (status, body["from"], body["to"]) == (200, 1, 2)
    assert body["changes"][0]["code"] == "brief.scope"
    assert {"phase": "evaluation", "impact": "reopen"} in body["consequences"]
    assert call(owner, workload, "compare?from=7")[0] == 404


def test_a_suggestion_from_proposal_to_answer() -> None:
    owner, workload, brief = briefs.scene()
    reviewer = people.reviewer("risk")
    proposal = {"field": "latency_p95_ms", "value": 1500, "reason": "Agents wait for it."}
    status, made = call(reviewer, workload, "suggestions", proposal)
    assert (status, made["was"], made["proposed"]) == (201, {"value": 2000}, {"value": 1500})
    briefs.edit(brief, latency_p95_ms="3")
    status, body = call(owner, workload, f"suggestions/{made['id']}/accept", {})
    assert (status, body["code"]) == (409, "suggestion_outdated")
    assert "3 seconds" in body["message"]
    assert "1.5 seconds" in body["message"]
    assert call(reviewer, workload, f"suggestions/{made['id']}/accept", {})[0] == 403
    status, body = call(
        owner, workload, f"suggestions/{made['id']}/decline", {"reason": "It is three by contract."}
    )
    assert (status, body["outcome"]) == (200, "declined")
    assert Brief.objects.get().latency_p95_ms == 3_000
    proposal = {"field": "latency_p95_ms", "value": 2500, "reason": "It is enough for agents."}
    status, again = call(reviewer, workload, "suggestions", proposal)
    status, body = call(reviewer, workload, f"suggestions/{again['id']}/withdraw", {"why": "x"})
    assert (status, body["code"]) == (400, "unknown_field")
    status, body = call(reviewer, workload, f"suggestions/{again['id']}/withdraw", {})
    assert (status, body["outcome"]) == (200, "withdrawn")
    _, body = call(owner, workload, "discussion")
    assert [line["kind"] for line in body["results"][0]["lines"]] == ["suggestion", "suggestion"]


def test_a_comment_and_its_end() -> None:
    owner, workload, _ = briefs.scene()
    assert call(owner, workload, "discussion", {"field": "users", "text": "Who else?"})[0] == 201
    assert call(owner, workload, "discussion/users/resolve", {})[0] == 200
    _, body = call(owner, workload, "discussion")
    assert [line["kind"] for line in body["results"][0]["lines"]] == ["comment", "resolved"]
    assert body["results"][0]["open"] is False
    assert call(owner, workload, "discussion/users/shout", {})[0] == 404
    status, body = call(owner, workload, "discussion/users/reopen", {"text": "Once more."})
    assert (status, body["text"]) == (200, "Once more.")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ([], "bad_body", "field"),
        ({"field": 1, "text": "x"}, "invalid", "field"),
        ({"field": "users", "text": {}}, "invalid", "text"),
        ({"shout": "x"}, "unknown_field", "shout"),
        ({}, "invalid", "field"),
    ],
)
def test_bad_bodies_are_told_and_change_nothing(body: Any, code: str, field: str) -> None:
    owner, workload, _ = briefs.scene()
    status, answer = call(owner, workload, "discussion", body)
    assert (status, answer["code"]) == (400, code)
    assert answer["errors"][0]["field"] == field
    assert call(owner, workload, "discussion")[1]["results"] == []
