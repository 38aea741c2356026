"""Pages of metrics: each has one, its box scores and stores nothing, admins declare."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.metric_library import services
from evaluations.metric_library.api import api_urlpatterns
from evaluations.metric_library.models import DeclaredMetric
from evaluations.metric_library.urls import urlpatterns
from evaluations.metrics.declared import Declaration
from evaluations.metrics.registry import static_metrics
from portal.audit.models import AuditEvent
from tests.factories import people

pytestmark = pytest.mark.django_db

TICKET = Declaration("json", "matches", "^T-[0-9]{4}$", "$.ticket")
FORM = {
    "name": "ticket", "label": "Ticket number", "description": "", "kind": "json",
    "path": "$.ticket", "comparator": "matches", "passes": "found", "value": "^T-[0-9]{4}$",
}  # fmt: skip


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_metric_has_its_page_and_scores_an_empty_box() -> None:
    client = signed_in(people.stranger())

    listed = client.get("/metrics/").content.decode()

    for metric in static_metrics():
        assert f'href="/metrics/{metric.name}/"' in listed
        page = client.post(f"/metrics/{metric.name}/", {"answer": "yes"})
        assert page.status_code == 200, metric.name
        assert b'role="status"' in page.content
        assert client.get(f"/metrics/{metric.name}/versions/{metric.version}/").status_code == 200


def test_the_list_costs_few_queries() -> None:
    admin = people.administrator()
    for number in range(3):
        services.declare_metric(
            actor=admin, name=f"m{number}", label="Ticket number", declaration=TICKET
        )
    client = signed_in(admin)
    client.get("/metrics/")

    with CaptureQueriesContext(connection) as seen:
        client.get("/metrics/")

    assert len(seen) <= 5


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("token_f1", {"expected": "five days", "answer": "five long days"}, ["0.8"]),
        ("contains", {"expected": "Paris", "answer": "In PARIS."}, ["passed"]),
        ("field_accuracy", {"expected": '{"a": 1}', "answer": '{"a": 2}'}, ["failed", "expected 1"]),
        ("recall_at_k", {"relevant": "d1\nd2", "answer": "See [d1]."}, ["0.5", "d2"]),
        ("groundedness_basic", {"documents": "d1: It takes 5 days.", "answer": "It takes 6 days."}, ["failed", "6"]),
        ("regex", {"argument-pattern": "<b>", "answer": "<b>x"}, ["passed"]),
        ("no_pii", {"question": "", "answer": "bob@example.com", "argument-kinds": ["email"]}, ["1 × e-mail"]),
        ("latency", {"latency_ms": "1200", "answer": "", "argument-limit_ms": "1000"}, ["1200", "failed"]),
        ("strict_match", {"answer": "x"}, ["nothing to score", "nothing to compare"]),
    ],
)  # fmt: skip
def test_the_box_scores_what_was_typed(name: str, typed: dict[str, Any], shown: list[str]) -> None:
    page = signed_in(people.stranger()).post(f"/metrics/{name}/", typed)

    assert page.status_code == 200
    said = page.content.decode().split('role="status"')[1]
    for words in shown:
        assert words in said


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("regex", {"argument-pattern": r"(a)\1"}, "RE2"),
        ("json_valid", {"argument-schema": "{"}, "This is not JSON"),
        ("json_valid", {"argument-schema": '{"type": "objekt"}'}, "objekt"),
        ("latency", {"argument-limit_ms": "-1"}, "above 0"),
        ("recall_at_k", {"argument-k": "900"}, "at most 100"),
        ("contains", {"answer": "a" * 20_001}, "20000"),
        ("contains", {"answer": "a\x00"}, "Null characters"),
    ],
)
def test_a_wrong_argument_is_told_beside_its_field_and_what_was_typed_stays(
    name: str, typed: dict[str, Any], message: str
) -> None:
    page = signed_in(people.stranger()).post(f"/metrics/{name}/", {"expected": "kept", **typed})

    assert page.status_code == 422
    assert message in page.content.decode()
    assert 'role="status"' not in page.content.decode()
    if name == "contains":
        assert "kept" in page.content.decode()


def test_a_metric_is_declared_on_its_page_and_never_changed() -> None:
    client = signed_in(people.administrator())

    made = client.post("/metrics/new/", FORM, follow=True)
    same = client.post("/metrics/own_ticket/versions/new/", FORM)
    other = client.post("/metrics/own_ticket/versions/new/", {**FORM, "value": "^T-[0-9]{5}$"})

    assert made.redirect_chain[-1][0] == "/metrics/own_ticket/"
    assert same.status_code == 422
    assert "nothing changed" in same.content.decode()
    assert other.status_code == 302
    page = client.get("/metrics/own_ticket/versions/1/")
    assert "^T-[0-9]{4}$" in page.content.decode()
    scored = client.post("/metrics/own_ticket/versions/1/", {"answer": '{"ticket": "T-1234"}'})
    assert "passed" in scored.content.decode().split('role="status"')[1]
    with pytest.raises(Exception, match="Cannot update"):
        DeclaredMetric.objects.filter(version=1).update(label="Another")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "Ticket"}, "Small letters"),
        ({"path": "$..x"}, "Cannot be read"),
        ({"path": ""}, "A path such as"),
        ({"value": "("}, "RE2"),
        ({"comparator": "at_least", "value": "five"}, "Must be a number"),
        ({"kind": "regex", "pattern": ""}, "Must be a pattern"),
        ({"label": "x"}, "at least 3"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused_beside_its_field(
    changed: dict[str, str], message: str
) -> None:
    page = signed_in(people.administrator()).post("/metrics/new/", {**FORM, **changed})

    assert page.status_code == 422
    assert message in page.content.decode()
    assert not DeclaredMetric.objects.exists()


def test_a_retired_metric_keeps_its_page_and_is_offered_no_more() -> None:
    client = signed_in(people.administrator())
    client.post("/metrics/new/", FORM)

    short = client.post("/metrics/own_ticket/retire/", {"reason": "no"})
    done = client.post("/metrics/own_ticket/retire/", {"reason": "Tickets have new numbers."})

    assert (short.status_code, done.status_code) == (422, 302)
    assert 'href="/metrics/own_ticket/"' not in client.get("/metrics/").content.decode()
    assert "no longer offered" in client.get("/metrics/own_ticket/").content.decode()
    assert [one.action for one in AuditEvent.objects.filter(subject_kind="metric").order_by("seq")] == [
        "metric.declared", "metric.retired",
    ]  # fmt: skip


PERSONAS = ("admin", "reviewer", "auditor", "stranger", "anonymous")
EVERYBODY = (200, 200, 200, 200, 302)
PAGES = {
    ("list", "GET", "/metrics/"): EVERYBODY,
    ("metric", "GET", "/metrics/own_mm/"): EVERYBODY,
    ("metric", "POST", "/metrics/own_mm/"): EVERYBODY,
    ("version", "GET", "/metrics/own_mm/versions/1/"): EVERYBODY,
    ("declare", "GET", "/metrics/new/"): (200, 403, 403, 403, 302),
    ("declare", "POST", "/metrics/new/"): (422, 403, 403, 403, 302),
    ("declare_version", "GET", "/metrics/own_mm/versions/new/"): (200, 403, 403, 403, 302),
    ("declare_version", "POST", "/metrics/own_mm/versions/new/"): (422, 403, 403, 403, 302),
    ("retire", "POST", "/metrics/own_mm/retire/"): (422, 403, 403, 403, 302),
    ("metric", "GET", "/metrics/no_such/"): (404, 404, 404, 404, 302),
    ("version", "GET", "/metrics/own_mm/versions/9/"): (404, 404, 404, 404, 302),
    ("retire", "POST", "/metrics/contains/retire/"): (404, 404, 404, 404, 302),
    ("declare_version", "GET", "/metrics/contains/versions/new/"): (404, 404, 404, 404, 302),
}  # fmt: skip
_DEFINITION = {"kind": "regex", "comparator": "found", "value": "a+"}
API = {
    ("metrics", "GET", "/api/v1/metrics"): (200, 200, 200, 200, 401),
    ("metrics", "POST", "/api/v1/metrics"): (201, 403, 403, 403, 401),
    ("metrics/<slug:name>", "GET", "/api/v1/metrics/own_mm"): (200, 200, 200, 200, 401),
    ("metrics/<slug:name>/versions", "POST", "/api/v1/metrics/own_mm/versions"): (
        201, 403, 403, 403, 401,
    ),
}  # fmt: skip


def test_every_route_as_each_kind_of_person() -> None:
    # given a declared metric
    admin = people.administrator()
    services.declare_metric(actor=admin, name="mm", label="Ticket number", declaration=TICKET)
    persons = dict(
        zip(PERSONAS, (admin, people.reviewer("risk"), people.auditor(), people.stranger(), None),
            strict=True)
    )  # fmt: skip
    body = {"name": "other", "label": "Letter a", "definition": _DEFINITION}
    # then each route answers each person as it should
    for (_, method, path), wanted in {**PAGES, **API}.items():
        answers = []
        for user in persons.values():
            client = signed_in(user) if user else Client()
            if method == "GET":
                answers.append(client.get(path).status_code)
            elif path.startswith("/api/"):
                sent = (
                    {**body}
                    if path.endswith("metrics")
                    else {k: body[k] for k in ("label", "definition")}
                )
                answers.append(
                    client.post(path, json.dumps(sent), content_type="application/json").status_code
                )
            else:
                answers.append(client.post(path, {"answer": "x"}).status_code)
        assert tuple(answers) == wanted, (method, path)
    assert {one.name for one in urlpatterns} == {name for name, _, _ in PAGES}
    assert {str(one.pattern) for one in api_urlpatterns} == {route for route, _, _ in API}


def test_the_api_names_what_is_wrong_with_a_definition() -> None:
    client = signed_in(people.administrator())

    answer = client.post(
        "/api/v1/metrics",
        json.dumps({"name": "x1", "label": "Letter a", "definition": {**_DEFINITION, "code": "1"}}),
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "definition"
    assert "code" in answer.json()["errors"][0]["message"]
