"""The API describes itself completely, and its answers are what the description says."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from catalog import services as catalog_services
from catalog.models import CatalogEntry, Preview, Probe, SyncReport
from evaluations.runs.models import Run
from portal import api
from portal.common.api import Endpoint
from portal.common.schema import description
from portal.shell.api_docs import groups
from tests.described import problems_of
from tests.factories import catalog, lives, people
from tests.factories.phase_four import gateway, stub
from tests.portal.test_page_queries import live
from workloads.lifecycle.models import Workload

__all__ = ["gateway", "stub"]

NOT_DESCRIBED = {api.schema, api.docs, api.not_there}
# What an address asks for besides.
QUERIES = {
    "/api/v1/workloads/{ref}/comparison": "?side=1.0&side=1.1",
    "/api/v1/workloads/{ref}/prompts/diff": "?a=1&b=1",
}


def endpoints() -> Iterator[tuple[str, Any]]:
    """Every registered path but the description itself, with its view."""
    for pattern in api.urlpatterns:
        assert isinstance(pattern, URLPattern)
        if pattern.callback not in NOT_DESCRIBED:
            yield str(pattern.pattern), pattern.callback.view_class  # type: ignore[attr-defined]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            yield method, path, told


def test_the_description_is_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()

    SchemaGenerator().get_schema(public=True)

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


@pytest.mark.parametrize(("path", "view"), list(endpoints()))
def test_every_route_is_an_endpoint_whose_methods_are_described(path: str, view: Any) -> None:
    assert issubclass(view, Endpoint), f"{path} is not a portal.common.api.Endpoint"
    assert not path.endswith("/"), f"{path} ends with a slash"
    methods = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
    assert methods
    for name in methods:
        assert hasattr(getattr(view, name), "body"), f"{name} {path} is not described"


def test_every_operation_has_a_summary_and_says_what_it_answers() -> None:
    found = list(operations())
    ids = [told["operationId"] for _, _, told in found]

    assert len(found) >= len(list(endpoints()))
    assert len(set(ids)) == len(ids)
    for method, path, told in found:
        where = f"{method} {path}"
        assert 8 <= len(told["summary"]) <= 90, where
        assert told["security"], where
        good = [one for status, one in told["responses"].items() if status < "400"]
        assert good, where
        assert all("content" in one for one in good), where
        assert {"401", "404"} <= set(told["responses"]), where
        if method != "get":
            assert {"400", "403", "409"} <= set(told["responses"]), where


def test_the_description_is_behind_the_sign_in(client: Client) -> None:
    refused = client.get("/api/v1/schema")
    redirected = client.get("/api/v1/docs")

    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert redirected.status_code == 302


@pytest.mark.django_db
def test_the_page_shows_every_operation_without_any_inline_code(client: Client) -> None:
    client.force_login(people.person())

    page = client.get("/api/v1/docs")
    text = page.content.decode()

    assert page.status_code == 200
    for _, path, told in operations():
        assert f"<code>{path}</code>" in text
        assert told["operationId"].replace("_", "-") in text
    assert "<script>" not in text
    assert " style=" not in text
    assert client.get("/api/v1/schema").json()["openapi"].startswith("3.")


def test_fields_are_unfolded_by_their_path() -> None:
    found = {one.id: one for group in groups(description()) for one in group.endpoints}
    workload = found["get-workloads-ref"]
    vote = found["post-workloads-ref-gates-phase-key-votes"]

    names = [field.name for field in workload.answers[0].fields]
    assert {"phases", "phases[].checks[].code", "cycle.number"} <= set(names)
    assert {"remit", "choice", "manifest_digest", "nonce"} <= {
        field.name for field in vote.body if field.required
    }
    assert [one.status for one in vote.refusals] == ["400", "401", "403", "404", "409"]


def _told_catalog() -> None:
    """A catalog of which every kind of row is there: a reading, a comparison, a round."""
    price_map = b'{"swift": {"litellm_provider": "sandbox", "mode": "chat"}}'
    catalog_services.sync(actor=None, infos=[catalog.info()])
    catalog_services.preview_price_map(actor=None, filename="map.json", data=price_map)
    Probe.objects.create(calls_each=1, cap={"USD": "0.5"}, planned=[], state="complete")


def _addresses(workload: Workload) -> Iterator[tuple[str, str]]:
    """Every GET of the description that a live workload answers, with its values."""
    values = {
        "{ref}": workload.ref,
        "{dataset_ref}": workload.datasets.first().ref,  # type: ignore[attr-defined]
        "{run_id}": str(Run.objects.filter(workload=workload).first().pk),  # type: ignore[union-attr]
        "{number}": "1",
        "{key}": workload.datasets.first().draft_examples.first().key,  # type: ignore[attr-defined]
        "{version}": "1",
        "{name}": "contains",
        "{entry_id}": str(CatalogEntry.objects.get(gateway_alias="swift").pk),
        "{report_id}": str(SyncReport.objects.latest("at").pk),
        "{preview_id}": str(Preview.objects.latest("created_at").pk),
        "{probe_id}": str(Probe.objects.latest("created_at").pk),
    }
    for method, path, _ in operations():
        # This life has no judge and no study; their own tests hold those answers against it.
        elsewhere = ("{phase_key}", "{trial_id}", "/studies/", "/judges/")
        if method != "get" or any(part in path for part in elsewhere):
            continue
        # A file of another tool is brought in while a cycle is open, and this one is closed.
        if path.endswith("outside-evidence/{number}"):
            continue
        address = path
        for name, value in values.items():
            address = address.replace(name, value)
        yield path, address + QUERIES.get(path, "")


@pytest.mark.django_db
@pytest.mark.usefixtures("gateway")
def test_every_answer_is_what_the_description_says(client: Client) -> None:
    workload = live()
    _told_catalog()
    client.force_login(workload.owner)
    manager = Client()
    manager.force_login(people.catalog_manager())
    wrong = {}
    for path, address in _addresses(workload):
        reader = manager if path.startswith("/api/v1/catalog") else client
        answer = reader.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        found = problems_of("get", path, answer)
        if found:
            wrong[path] = found[:3]

    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/api/v1/workloads/", "end without a slash: /api/v1/workloads."),
        ("/api/v1/catalog/?q=x", "end without a slash: /api/v1/catalog."),
        ("/api/v1/nothing", "There is no such path"),
        ("/api/v1/nothing/", "There is no such path"),
        ("/api/v1/", "There is no such path"),
    ],
)
def test_a_path_that_is_not_there_is_404_in_json_and_names_the_right_one(
    client: Client, path: str, words: str
) -> None:
    client.force_login(people.person())

    answer = client.get(path)

    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "message", "errors", "request_id"}
    assert words in answer.json()["message"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("", "bad_body", 'The body is empty. Send an object: {"remit": …, "choice": …'),
        ("[]", "bad_body", "not a JSON object. Send an object"),
        ('"x"', "bad_body", "not a JSON object"),
        ("null", "bad_body", "not a JSON object"),
        ('{"what": 1}', "unknown_field", "Unknown field: what. Known: remit, choice"),
    ],
)
def test_a_body_that_is_no_object_is_refused_with_what_would_be_right(
    client: Client, body: str, code: str, words: str
) -> None:
    workload = lives.draft()
    client.force_login(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/gates/scoping/votes"

    answer = client.post(path, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["message"]


@pytest.mark.django_db
def test_a_stranger_sees_404_whatever_they_send(client: Client) -> None:
    workload = lives.draft()
    client.force_login(people.stranger())
    path = f"/api/v1/workloads/{workload.ref}/gates/scoping/votes"

    assert client.post(path, "", content_type="application/json").status_code == 404
    assert client.post(path, "[]", content_type="application/json").status_code == 404
