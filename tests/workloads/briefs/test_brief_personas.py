"""Who gets what on every page and endpoint of phases 1 and 2, made from the URL patterns."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import briefs, catalog, people, replay, selection
from workloads.briefs import services
from workloads.briefs.api import api_urlpatterns as briefs_api
from workloads.briefs.models import TierOverride
from workloads.briefs.urls import urlpatterns as briefs_urls
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.selection.api import api_urlpatterns as selection_api
from workloads.selection.urls import urlpatterns as selection_urls

pytestmark = pytest.mark.django_db

ALL = [f"/{pattern.pattern}" for pattern in (*briefs_urls, *selection_urls)] + [
    f"/api/v1/{pattern.pattern}" for pattern in (*briefs_api, *selection_api)
]
# Acts that are only posted are in the tests of the discussion or below, as is the page that belongs
# to no workload.
TALK = ("brief/suggestions", "<str:act>", "/resolve", "/reopen")
ACTS = [path for path in ALL if "override_id" in path]
TRY = "/workloads/new/tier/"
PATHS = [path for path in ALL if path not in (*ACTS, TRY) and not any(act in path for act in TALK)]
WRITES = {"/workloads/<str:ref>/brief/", "/workloads/<str:ref>/selection/"}
READERS = ("owner", "contributor", "observer", "reviewer", "auditor")
WRITERS = ("owner", "contributor")


@replay.once
def submitted() -> Workload:
    owner, made, _ = briefs.scene()
    services.submit_brief(actor=owner, workload=made)
    selection.choose(made, catalog.entry().gateway_alias, catalog.entry().gateway_alias)
    return made


@pytest.fixture
def workload() -> Workload:
    return submitted()


def client_of(persona: str, workload: Workload) -> Client:
    client = Client()
    if persona == "anonymous":
        return client
    made: dict[str, Any] = {
        "owner": lambda: workload.owner,
        "reviewer": lambda: people.reviewer("risk"),
        "auditor": people.auditor,
        "catalog manager": people.catalog_manager,
        "administrator": people.administrator,
        "stranger": people.stranger,
    }
    if persona in made:
        client.force_login(made[persona]())
        return client
    member = people.person(persona.title())
    lifecycle.add_member(actor=workload.owner, workload=workload, user=member, role=persona)
    client.force_login(member)
    return client


def address(path: str, workload: Workload) -> str:
    return (
        path.replace("<str:ref>", workload.ref)
        .replace("<int:number>", "1")
        .replace("<str:field>", "users")
        .replace("<uuid:override_id>", "00000000-0000-4000-8000-000000000000")
    )


def answers(client: Client, workload: Workload) -> dict[str, int]:
    """Return the status that every page and endpoint answers a reader with."""
    return {path: client.get(address(path, workload)).status_code for path in PATHS}


@pytest.mark.parametrize("persona", READERS)
def test_who_belongs_to_it_or_reviews_it_reads_it(persona: str, workload: Workload) -> None:
    found = answers(client_of(persona, workload), workload)

    assert {path: status for path, status in found.items() if status != 200} == {}


@pytest.mark.parametrize("persona", ["stranger", "catalog manager", "administrator"])
def test_for_everybody_else_it_does_not_exist(persona: str, workload: Workload) -> None:
    client = client_of(persona, workload)
    found = answers(client, workload)

    assert {path: status for path, status in found.items() if status != 404} == {}
    for path in WRITES:
        assert client.post(address(path, workload), {"row_version": "1"}).status_code == 404


def test_without_a_session_one_is_asked_to_sign_in(workload: Workload) -> None:
    client = client_of("anonymous", workload)
    for path in PATHS:
        answer = client.get(address(path, workload))
        if path.startswith("/api/"):
            assert answer.json()["code"] == "not_authenticated", path
        else:
            assert answer.status_code == 302, path


@pytest.mark.parametrize("persona", READERS)
@pytest.mark.parametrize("path", sorted(WRITES))
def test_only_the_owner_and_contributors_write(path: str, persona: str, workload: Workload) -> None:
    answer = client_of(persona, workload).post(
        address(path, workload), {"row_version": "1", "users": "others"}
    )
    assert (answer.status_code == 403) == (persona not in WRITERS)


@pytest.mark.parametrize("ref", ["WL-9999", "99999999999999999999", "-1", "..", "WL-0001%00"])
def test_a_reference_that_is_none_is_not_found(ref: str, workload: Workload) -> None:
    client = client_of("owner", workload)
    assert client.get(f"/workloads/{ref}/brief/").status_code == 404
    assert client.get(f"/api/v1/workloads/{ref}/brief").status_code == 404


EVERYBODY = ("owner", "contributor", "observer", "reviewer", "auditor", "stranger", "anonymous")


@pytest.mark.parametrize("persona", EVERYBODY)
def test_only_a_reviewer_has_a_say_in_another_tier(persona: str, workload: Workload) -> None:
    expected = {"reviewer": 302, "stranger": 404, "anonymous": 302}.get(persona, 403)
    client = client_of(persona, workload)
    page = f"/workloads/{workload.ref}/brief/tier/"
    body = {"tier": "3", "reason": "It answers complaints, which the questions do not ask for."}
    answer = client.post(page, body)
    assert answer.status_code == expected
    if persona == "anonymous":
        assert "/accounts/login/" in answer["Location"]
        return
    override = TierOverride.objects.first()
    assert (override is not None) == (persona == "reviewer")
    if override is None:
        override = services.raise_tier(
            actor=people.reviewer("risk"), workload=workload, tier=3, reason=body["reason"]
        )
    ended = client.post(f"{page}{override.pk}/end/", {"reason": "It was decided too early."})
    # Nobody ends a raise alone: two people ease it.
    assert ended.status_code == (409 if persona == "reviewer" else expected)
    # A raised tier stands already: there is nothing to confirm.
    confirmed = client.post(f"{page}{override.pk}/confirm/")
    assert confirmed.status_code == (404 if persona == "stranger" else 409)


@pytest.mark.parametrize("path", ACTS)
def test_a_decision_that_is_none_is_not_found(path: str, workload: Workload) -> None:
    assert client_of("reviewer", workload).post(address(path, workload)).status_code == 404


@pytest.mark.parametrize("persona", EVERYBODY)
def test_whoever_is_signed_in_may_try_the_tier(persona: str, workload: Workload) -> None:
    answer = client_of(persona, workload).get(TRY)
    assert answer.status_code == (302 if persona == "anonymous" else 200)
    if persona == "auditor":
        assert "Make the workload from this" not in answer.content.decode()
