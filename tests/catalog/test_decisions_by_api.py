"""Deciding about a model over the API: the services' rules, and bodies that are not right."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from tests.described import problems_of
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db
START = "/api/v1/catalog"
DETAIL = START + "/{entry_id}"
CARD = {
    "gateway_alias": "new", "snapshot": "new-2026-05-01", "context_window": 8_000,
    "max_output_tokens": 1_000, "hosting": "own", "regions": ["eu"], "max_data_class": "internal",
    "trains_on_data": "no", "capabilities": [],
}  # fmt: skip


def signed_in(user: Any = None) -> Client:
    client = Client()
    client.force_login(user or people.catalog_manager())
    return client


def send(client: Client, path: str, body: Any) -> Any:
    return client.post(f"{START}{path}", body, content_type="application/json")


def in_days(days: int) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def approval(card: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "digest": card["digest"], "expires": in_days(90), "reason": "tried and found fit", **more
    }  # fmt: skip


def test_a_model_from_its_proposal_to_its_end_as_the_description_says() -> None:
    author, other = signed_in(), signed_in()

    made = send(author, "", CARD)
    own = send(author, f"/{made.json()['id']}/approve", approval(made.json()))
    path = f"/{made.json()['id']}"
    facts = send(author, f"{path}/facts", {"licence": "MIT", "open_weights": True})
    approved = send(other, f"{path}/approve", approval(facts.json(), tiers=[1, 2], units=["Sales"]))
    priced = send(other, f"{path}/price", {"price_in": "0.15", "price_out": 1, "source": "list"})
    blocked = send(other, f"{path}/status", {"status": "blocked", "reason": "it leaks its prompt"})

    assert (made.status_code, made.json()["status"], made.json()["price"]) == (
        201, EntryStatus.PROPOSED, None,
    )  # fmt: skip
    assert (own.status_code, own.json()["code"]) == (403, "self_approval")
    assert (facts.json()["licence"], facts.json()["open_weights"]) == ("MIT", True)
    assert (approved.status_code, approved.json()["status"]) == (200, EntryStatus.RESTRICTED)
    assert approved.json()["restricted_to"] == {"units": ["Sales"], "tiers": [1, 2]}
    assert priced.status_code == 201
    assert (priced.json()["price"]["in"], priced.json()["price"]["origin"]) == (
        "0.15", "person",
    )  # fmt: skip
    assert blocked.json()["status"] == EntryStatus.BLOCKED
    after = author.get(f"{START}{path}").json()["decisions"]
    assert [one["after"] for one in after] == [EntryStatus.BLOCKED, EntryStatus.RESTRICTED]
    told = [
        (START, made), (f"{DETAIL}/approve", own), (f"{DETAIL}/facts", facts),
        (f"{DETAIL}/approve", approved), (f"{DETAIL}/price", priced), (f"{DETAIL}/status", blocked),
    ]  # fmt: skip
    assert [problems_of("post", where, answer) for where, answer in told] == [[]] * len(told)


def test_an_approval_of_a_card_that_changed_meanwhile_is_refused() -> None:
    entry = catalog.entry(status=EntryStatus.PROPOSED, approval_expires=None)
    seen = approval({"digest": entry.digest()})
    send(signed_in(), f"/{entry.pk}/facts", {"max_data_class": "public"})

    answer = send(signed_in(), f"/{entry.pk}/approve", seen)

    assert (answer.status_code, answer.json()["code"]) == (409, "card_changed")
    assert CatalogEntry.objects.get().status == EntryStatus.PROPOSED


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {"gateway_alias": ["new"]}, "gateway_alias"),
        ("", {"gateway_alias": "new", "regions": "eu"}, "regions"),
        ("/{}/facts", {"context_window": "8000"}, "context_window"),
        ("/{}/facts", {"context_window": True}, "context_window"),
        ("/{}/facts", {"capabilities": [{}]}, "capabilities"),
        ("/{}/facts", {"modalities": ["smell"]}, "modalities"),
        ("/{}/facts", {"provider": None}, "provider"),
        ("/{}/facts", {"snapshot": "new-latest"}, "snapshot"),
        ("/{}/facts", {"deprecation_date": "soon"}, "deprecation_date"),
        ("/{}/approve", {"reason": "tried and found fit"}, "digest"),
        ("/{}/approve", {"digest": "d", "expires": "31.1.2027"}, "expires"),
        ("/{}/approve", {"digest": "d", "expires": "20270131"}, "expires"),
        ("/{}/approve", {"digest": "d", "expires": "2027-01-31", "tiers": [{}]}, "tiers"),
        ("/{}/approve", {"digest": "d", "expires": "2027-01-31", "units": "Sales"}, "units"),
        ("/{}/status", {"status": "gone", "reason": "no longer used"}, "status"),
        ("/{}/status", {"status": "approved", "reason": "no longer used"}, "status"),
        ("/{}/status", {"status": "retired", "reason": 7}, "reason"),
        ("/{}/status", {"status": "retired", "reason": "no"}, "reason"),
        ("/{}/status", {"status": "retired", "reason": "no longer used", "replacement": "x"},
         "replacement"),
        ("/{}/price", {"price_in": "1"}, "price_out"),
        ("/{}/price", {"price_in": "NaN", "price_out": "1"}, "price_in"),
        ("/{}/price", {"price_in": "0.0000001", "price_out": "1"}, "price_in"),
        ("/{}/price", {"price_in": True, "price_out": "1"}, "price_in"),
        ("/{}/price", {"price_in": "-1", "price_out": "1"}, "price_in"),
        ("/{}/price", {"price_in": "1", "price_out": "1", "currency": "XXX"}, "currency"),
        ("/{}/price", {"price_in": "1", "price_out": "1", "source": "\u0000"}, "source"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_by_its_name_and_changes_nothing(
    path: str, body: dict[str, Any], field: str
) -> None:
    entry = catalog.entry()

    answer = send(signed_in(), path.format(entry.pk), body)

    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    now = CatalogEntry.objects.get()
    assert (now.digest(), now.status, now.prices.count()) == (entry.digest(), entry.status, 1)


def test_only_a_catalog_manager_decides() -> None:
    entry = catalog.entry()
    bodies = {
        "": CARD, f"/{entry.pk}/facts": {"licence": "MIT"},
        f"/{entry.pk}/approve": approval({"digest": entry.digest()}),
        f"/{entry.pk}/status": {"status": "blocked", "reason": "it leaks its prompt"},
        f"/{entry.pk}/price": {"price_in": "1", "price_out": "1"},
    }  # fmt: skip
    weak = [
        people.stranger(), people.auditor(), people.administrator(), people.reviewer("risk")
    ]  # fmt: skip

    refused = {
        (send(signed_in(user), path, body).status_code, path)
        for user in weak
        for path, body in bodies.items()
    }
    anonymous = {send(Client(), path, body).status_code for path, body in bodies.items()}

    assert {code for code, _ in refused} == {403}
    assert anonymous == {401}
    assert CatalogEntry.objects.get().status == entry.status
