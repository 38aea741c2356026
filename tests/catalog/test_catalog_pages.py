"""The catalog's pages and API: filters, cards, decisions by form, reports."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import services
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from tests.factories import catalog, people

pytestmark = pytest.mark.django_db


def signed_in(user: Any = None) -> Client:
    client = Client()
    client.force_login(user or people.person())
    return client


def listed(client: Client, **query: str) -> list[str]:
    html = client.get("/catalog/", query).content.decode()
    return re.findall(
        r'<th scope="row" class="who"><a href="/catalog/[0-9a-f-]+/">([^<]+)</a>', html
    )


def test_filters_narrow_the_list() -> None:
    catalog.entry("a", provider="One", hosting="own", max_data_class="restricted")
    catalog.entry("b", provider="Two", hosting="provider", max_data_class="internal")
    catalog.entry("c", provider="Two", status=EntryStatus.BLOCKED, summary="good at sums")
    client = signed_in()
    assert listed(client) == ["a", "b", "c"]
    assert listed(client, provider="Two") == ["b", "c"]
    assert listed(client, hosting="provider") == ["b"]
    assert listed(client, status="blocked") == ["c"]
    assert listed(client, data_class="confidential") == ["a", "c"]
    assert listed(client, q="SUMS") == ["c"]
    assert "No model passes these filters" in client.get("/catalog/", {"q": "zzz"}).content.decode()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"owner__password__startswith": "a"}, "unknown_filter"),
        ({"_connector": "OR 1=1"}, "unknown_filter"),
        ({"status": "nonsense"}, "invalid"),
        ({"q": "x" * 10_000}, "invalid"),
        ({"q": "a\x00b"}, "invalid"),
        ({"cursor": "forged!"}, "bad_cursor"),
        ({"page": "-1"}, "unknown_filter"),
    ],
)
def test_a_query_that_is_no_query_is_refused(query: dict[str, str], code: str) -> None:
    client = signed_in()
    answer = client.get("/api/v1/catalog", query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert client.get("/catalog/", query).status_code == 400


def test_the_list_pages_by_key_and_costs_the_same_for_many() -> None:
    client = signed_in()
    for number in range(5):
        catalog.entry(f"m-{number:03}")
    client.get("/catalog/")
    with CaptureQueriesContext(connection) as few:
        client.get("/catalog/")
    for number in range(5, 60):
        catalog.entry(f"m-{number:03}")
    with CaptureQueriesContext(connection) as many:
        first = client.get("/api/v1/catalog").json()
    with CaptureQueriesContext(connection) as page:
        client.get("/catalog/")
    assert len(page) <= len(few) <= 20
    assert len(many) <= 12
    second = client.get("/api/v1/catalog", {"cursor": first["next_cursor"]}).json()
    aliases = [row["gateway_alias"] for row in first["results"] + second["results"]]
    assert aliases == [f"m-{number:03}" for number in range(60)]
    assert second["next_cursor"] == ""


def test_the_api_gives_material_facts_and_the_price() -> None:
    made = catalog.entry("a")
    row = signed_in().get("/api/v1/catalog").json()["results"][0]
    assert (row["digest"], row["price"]["in"], row["price"]["per"]) == (
        made.digest(), "1", 1_000_000,
    )  # fmt: skip


def test_a_card_shows_facts_price_history_and_that_it_is_simulated() -> None:
    made = catalog.entry("a", simulated=True, known_issues="<img src=x onerror=alert(1)>")
    catalog.add_price(made, "2", "5")
    html = signed_in().get(f"/catalog/{made.pk}/").content.decode()
    assert html.count("counts now") == 1
    assert "simulated" in html
    assert "up to restricted data" in html
    assert "&lt;img src=x" in html
    assert "Why is it fit for use?" not in html


def test_a_manager_approves_by_the_form() -> None:
    made = catalog.entry("a", status=EntryStatus.PROPOSED, approval_expires=None)
    client = signed_in(people.catalog_manager())
    expires = (timezone.now().date() + timedelta(days=100)).isoformat()
    answer = client.post(
        f"/catalog/{made.pk}/approve/",
        {
            "digest": made.digest(),
            "expires": expires,
            "reason": "tried and found fit",
            "units": "",
            "tiers": [],
        },
    )
    assert answer.status_code == 302
    made.refresh_from_db()
    assert made.status == EntryStatus.APPROVED


def hidden_digest(html: str) -> str:
    """The digest that the page's approval would send."""
    found = re.search(r'name="digest" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def test_a_card_that_changed_is_shown_as_it_is_before_it_is_approved() -> None:
    # Given a manager before a card that somebody else corrects meanwhile
    made = catalog.entry("a", status=EntryStatus.PROPOSED, approval_expires=None, regions=["eu"])
    client = signed_in(people.catalog_manager())
    seen = hidden_digest(client.get(f"/catalog/{made.pk}/").content.decode())
    services.set_facts(actor=people.catalog_manager(), entry=made, facts={"regions": ["mars"]})
    expires = (timezone.now().date() + timedelta(days=100)).isoformat()
    data = {"digest": seen, "expires": expires, "reason": "tried and found fit", "units": ""}
    # When the manager approves what they saw, first with a day that is none
    wrong = client.post(f"/catalog/{made.pk}/approve/", {**data, "expires": "2026-02-30"})
    answer = client.post(
        f"/catalog/{made.pk}/approve/",
        {**data, "digest": hidden_digest(wrong.content.decode())},
    )
    # Then the page says that it changed, shows the present card, and keeps what was typed
    html = answer.content.decode()
    assert (answer.status_code, "The card changed since you saw it" in html) == (422, True)
    assert "mars" in html
    assert "tried and found fit" in html
    # And what is shown now may be approved
    data["digest"] = hidden_digest(html)
    assert client.post(f"/catalog/{made.pk}/approve/", data).status_code == 302
    made.refresh_from_db()
    assert (made.status, data["digest"] == seen) == (EntryStatus.APPROVED, False)


@pytest.mark.parametrize(
    ("path", "data", "typed", "words"),
    [
        ("approve", {"expires": "2026-02-30", "reason": "kept words"}, "kept words", "date"),
        ("approve", {"expires": "9999-01-01", "reason": "kept words"}, "kept words", "at most"),
        ("approve", {"expires": "2027-01-01", "reason": "short"}, "short", "at least 10"),
        ("status", {"status": "nonsense", "status_reason": "kept words"}, "kept words", "one of"),
        ("price", {"price_in": "-1", "price_out": "77", "currency": "USD", "source": "s"}, "77",
         "greater than or equal to 0"),
        ("price", {"price_in": "NaN", "price_out": "77", "currency": "USD", "source": "s"}, "77",
         "Enter a number"),
        ("price", {"price_in": "1E+9999", "price_out": "77", "currency": "USD", "source": "s"},
         "77", "100000"),
        ("price", {"price_in": "1", "price_out": "77", "currency": "XXX", "source": "s"}, "77",
         "choice"),
        ("facts", {"context_window": "0", "snapshot": "kept-1"}, "kept-1", "greater than"),
        ("facts", {"context_window": "10", "max_output_tokens": "20", "snapshot": "kept-1"},
         "kept-1", "more than the context"),
    ],
)  # fmt: skip
def test_a_refused_form_keeps_what_was_typed_and_says_what_is_right(
    path: str, data: dict[str, str], typed: str, words: str
) -> None:
    made = catalog.entry("a")
    before = made.digest()
    answer = signed_in(people.catalog_manager()).post(
        f"/catalog/{made.pk}/{path}/", {"digest": before, **data}
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert typed in html
    assert words in html
    made.refresh_from_db()
    assert made.digest() == before


def test_proposing_a_model_by_hand() -> None:
    client = signed_in(people.catalog_manager())
    assert client.get("/catalog/new/").status_code == 200
    answer = client.post("/catalog/new/", {"gateway_alias": "abc\u202etxt"})
    assert answer.status_code == 422
    assert "U+202E" in answer.content.decode()
    assert client.post("/catalog/new/", {"gateway_alias": "new"}).status_code == 302
    again = client.post("/catalog/new/", {"gateway_alias": "new", "regions": "eu"})
    assert (again.status_code, "already exists" in again.content.decode()) == (422, True)


def test_a_report_shows_what_was_found_and_skipped() -> None:
    services.sync(actor=None, infos=[catalog.info()])
    made = CatalogEntry.objects.get()
    services.approve(
        actor=people.catalog_manager(), entry=made, digest=made.digest(),
        expires=timezone.now().date() + timedelta(days=9), reason="tried and found fit",
    )  # fmt: skip
    info = catalog.info(context_window=64_000, extra={"licence": "a\u202eb"})
    report = services.sync(actor=None, infos=[info, catalog.info("two")])
    client = signed_in()
    html = client.get(f"/catalog/reports/{report.pk}/").content.decode()
    assert "64,000" in html
    assert "U+202E" in html
    assert "two" in html
    assert client.get("/catalog/reports/").status_code == 200


def test_the_button_reads_the_gateway_and_shows_the_failure(settings: Any) -> None:
    settings.GATEWAY_URL = ""
    answer = signed_in(people.catalog_manager()).post("/catalog/sync/", follow=True)
    assert "No gateway is set up" in answer.content.decode()
