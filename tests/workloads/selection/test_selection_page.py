"""The selection page: three groups, every reason, what it costs, and a choice that is kept."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.enums import EntryStatus
from catalog.matching import RULES
from catalog.models import CatalogEntry
from tests.described import as_described
from tests.factories import briefs, catalog, lives, people, selection
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.selection.models import CatalogRevision, Shortlist
from workloads.selection.phase import Selection
from workloads.selection.selectors import (
    considered,
    reproduced,
    requirements_of,
    shortlist_numbered,
)
from workloads.selection.services import Pick

pytestmark = pytest.mark.django_db


@pytest.fixture
def workload() -> Workload:
    made = lives.workload(at="selection")
    catalog.entry("cheap", simulated=True)
    catalog.entry("dear", price=("3", "12"))
    catalog.entry("small/one", context_window=500, max_output_tokens=300)
    catalog.entry("abroad", regions=["us"])
    return made


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(workload: Workload) -> str:
    return f"/workloads/{workload.ref}/selection/"


def form(workload: Workload, *aliases: str, **more: Any) -> dict[str, Any]:
    found = considered(requirements_of(current_cycle(workload)))
    return {
        "candidate": list(aliases), "revision": found.revision,
        "not_taken_reason": "Others are nearer to what we need.",
        **{f"note-{alias}": "worth testing" for alias in aliases}, **more,
    }  # fmt: skip


def test_every_model_is_listed_with_its_reason_and_cost(workload: Workload) -> None:
    html = signed_in(workload.owner).get(url(workload)).content.decode()
    assert "context 500 &lt; 860 needed" in html
    assert "runs in us; only eu is allowed" in html
    assert "simulated" in html
    # (800 × 1 + 60 × 4) / 1,000,000 a request; × 900 × 30 a month
    assert "0.0010" in html
    assert "28.08" in html


def test_other_token_sizes_change_the_estimate_and_what_fits(workload: Workload) -> None:
    client = signed_in(workload.owner)
    html = client.get(url(workload), {"tokens_in": "400", "tokens_out": "50"}).content.decode()
    assert "context 500 &lt;" not in html
    bad = client.get(url(workload), {"tokens_in": "１２"})
    assert bad.status_code == 422
    assert "Enter a whole number" in bad.content.decode()
    assert 'value="１２"' in bad.content.decode()


def test_choosing_stores_the_shortlist(workload: Workload) -> None:
    client = signed_in(workload.owner)
    data = form(workload, "cheap", "small/one")
    data |= {"note-cheap": "the cheapest", "reason-small/one": "tickets are short"}
    answer = client.post(url(workload), data, follow=True)
    html = answer.content.decode()
    assert "Shortlist 1 is chosen." in html
    assert "the cheapest" in html
    page = client.get(f"{url(workload)}1/")
    assert page.status_code == 200
    assert "tickets are short" in page.content.decode()
    assert client.get(f"{url(workload)}2/").status_code == 404


def test_a_refused_choice_keeps_what_was_typed(workload: Workload) -> None:
    data = form(workload, "cheap", "small/one") | {"note-cheap": "<b>bold</b>"}
    answer = signed_in(workload.owner).post(url(workload), data)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "small/one is a near miss; say why it is worth testing." in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert len(re.findall(r'name="candidate"[^>]* checked', html)) == 2
    assert Shortlist.objects.count() == 0


def test_a_changed_catalog_is_shown_again_before_anything_is_chosen(workload: Workload) -> None:
    data = form(workload, "cheap", "dear")
    catalog.entry("new")
    answer = signed_in(workload.owner).post(url(workload), data)
    assert answer.status_code == 409
    assert "The catalog changed since you opened the page" in answer.content.decode()


def test_a_reader_sees_the_table_without_the_choice(workload: Workload) -> None:
    client = signed_in(people.reviewer("risk"))
    html = client.get(url(workload)).content.decode()
    assert "cheap" in html
    assert 'name="candidate"' not in html
    assert client.post(url(workload), form(workload, "cheap", "dear")).status_code == 403


def test_an_empty_catalog_says_what_to_do_next() -> None:
    made = lives.workload(at="selection")
    assert "The catalog is empty" in signed_in(made.owner).get(url(made)).content.decode()


def test_where_nothing_fits_the_page_says_who_can_change_that(workload: Workload) -> None:
    alone = lives.workload(at="selection")
    CatalogEntry.objects.update(status=EntryStatus.PROPOSED)
    html = signed_in(alone.owner).get(url(alone)).content.decode()
    assert "the catalog lists it as proposed" in html
    assert 'waits for a <a href="/catalog/">catalog manager</a>' in html


def test_the_api_gives_the_shortlist(workload: Workload) -> None:
    client = signed_in(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/shortlist"
    assert client.get(path).status_code == 404
    selection.choose(workload, "cheap", Pick("small/one", "small", "tickets are short"))
    body = as_described(client.get(path))
    assert [one["alias"] for one in body["candidates"]] == ["cheap", "small/one"]
    assert len(body["considered"]) == 4
    assert body["filter"]["data_class"] == "internal"


def test_the_page_asks_as_often_for_forty_models_as_for_four(
    workload: Workload, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(workload.owner)
    client.get(url(workload))
    with CaptureQueriesContext(connection) as few:
        client.get(url(workload))
    for _ in range(40):
        catalog.entry()
    with django_assert_max_num_queries(len(few)):
        client.get(url(workload))


def test_what_the_slice_itself_asks_is_little(
    workload: Workload, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(workload.owner)
    selection.choose(workload, "cheap", "dear")
    client.get(url(workload))
    # Session, person, workload and cycle are among them; the frame around a page is not.
    with django_assert_max_num_queries(18):
        client.get(url(workload), {"context": "600"}, headers={"HX-Request": "true"})
    phase = Selection()
    cycle = current_cycle(workload)
    with django_assert_max_num_queries(16):
        phase.evidence(cycle)
        phase.checks(cycle)
        phase.note(cycle)


def test_other_limits_show_who_comes_and_who_goes_and_store_nothing(workload: Workload) -> None:
    client = signed_in(workload.owner)
    whole = client.get(url(workload), {"context": "400", "cost": "0.002"}).content.decode()
    assert "<b>1 of 4</b> would fit; 2 as the brief has it." in whole
    # dear costs 0.00312 a request
    assert (
        "about $\N{NO-BREAK SPACE}0.0031 a request &gt; $\N{NO-BREAK SPACE}0.0020 allowed" in whole
    )
    part = client.get(
        url(workload), {"latency": "500"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part
    assert part.count("Went out") == 2
    assert "latency p95 600 ms &gt; 500 ms allowed" in part
    assert Shortlist.objects.count() == 0
    assert brief_of(current_cycle(workload)).latency_p95_ms == 2_000


def test_a_model_that_comes_in_is_told_with_what_kept_it_out(workload: Workload) -> None:
    catalog.entry("slow", latency_p95_ms=9_000)
    html = signed_in(workload.owner).get(url(workload), {"latency": "10,000"}).content.decode()
    assert "Came in" in html
    assert "as the brief has it: latency p95 9,000 ms &gt; 2,000 ms allowed" in html
    nothing = signed_in(workload.owner).get(url(workload), {"latency": "9000000"})
    assert nothing.status_code == 422
    same = signed_in(workload.owner).get(url(workload), {"latency": "2001"}).content.decode()
    assert "No model comes or goes." in same


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"context": "many"}, "Context: Enter a whole number"),
        ({"latency": "-1"}, "Latency: Enter a whole number"),
        ({"cost": "1e-3"}, "Cost: "),
        ({"cost": "0.0000001"}, "at most 6 decimals"),
        ({"cost": "NaN"}, "Cost: "),
        ({"context": "9" * 5000}, "Context: Enter a whole number"),
        ({"context": "0"}, "Context: Enter a whole number between 1"),
    ],
)
def test_a_limit_that_is_no_number_is_said_and_stays(
    workload: Workload, given: dict[str, str], words: str
) -> None:
    client = signed_in(workload.owner)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(url(workload), given, headers=headers)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    name, value = next(iter(given.items()))
    whole = client.get(url(workload), given).content.decode()
    assert f'name="{name}" inputmode="decimal" value="{value[:40]}"' in whole


def test_the_stored_page_stays_as_it_was_and_the_answer_comes_out_again(
    workload: Workload,
) -> None:
    # given a shortlist
    client = signed_in(workload.owner)
    selection.choose(workload, "cheap", Pick("small/one", "small", "tickets are short"))
    stored = client.get(f"{url(workload)}1/").content.decode()
    assert "all 4 models, every reason and every amount" in stored
    assert "Others are nearer to what we need." in stored
    # when the catalog and the brief change
    CatalogEntry.objects.filter(gateway_alias="cheap").update(status="blocked")
    catalog.add_price(CatalogEntry.objects.get(gateway_alias="dear"), "90", "90")
    briefs.edit(brief_of(current_cycle(workload)), data_class="restricted")
    # then it shows what was there, and finds it again
    again = client.get(f"{url(workload)}1/").content.decode()
    assert "The same answer comes out again" in again
    assert "$\N{NO-BREAK SPACE}0.0010" in again


def test_a_stored_answer_that_does_not_come_out_again_is_told(
    workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an answer that was found by other rules
    monkeypatch.setattr("catalog.matching.rules.DAYS_A_MONTH", 31)
    monkeypatch.setattr("workloads.selection.services.storing.RULES", RULES - 1)
    selection.choose(workload, "cheap", "dear")
    monkeypatch.undo()
    # when it is looked at
    html = signed_in(workload.owner).get(f"{url(workload)}1/").content.decode()
    # then
    assert "Another answer comes out now" in html
    assert f"The rules have changed since: {RULES - 1} then, {RULES} now." in html


def test_a_catalog_that_was_tampered_with_is_found(workload: Workload) -> None:
    chosen = selection.choose(workload, "cheap", "dear")
    facts = chosen.catalog.facts
    facts[0]["context_window"] = 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    chosen.catalog.save()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
    found = shortlist_numbered(current_cycle(workload), 1)
    assert found is not None
    again = reproduced(found)
    assert (again.same, again.revision_holds, again.seal_holds) == (False, False, True)


def test_two_choices_from_one_catalog_store_it_once(workload: Workload) -> None:
    selection.choose(workload, "cheap", "dear")
    selection.choose(workload, "dear", "cheap")
    assert CatalogRevision.objects.count() == 1
    catalog.entry("new")
    selection.choose(workload, "cheap", "dear")
    assert CatalogRevision.objects.count() == 2


def test_the_api_tells_how_every_model_stands(workload: Workload) -> None:
    client = signed_in(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/selection"
    body = as_described(client.get(path, {"latency": "500"}))
    assert [one["alias"] for one in body["models"]][:2] == ["cheap", "dear"]
    assert body["requirements"]["sizes_from"] == "estimate"
    assert body["what_if"]["went_out"] == ["cheap", "dear"]
    assert as_described(client.get(path))["what_if"] is None
    assert client.get(path, {"cost": "x"}).json()["errors"][0]["field"] == "cost"


def test_the_api_chooses(workload: Workload) -> None:
    client = signed_in(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/shortlist"
    revision = client.get(f"/api/v1/workloads/{workload.ref}/selection").json()["catalog_revision"]
    sent = {
        "candidates": [
            {"alias": "cheap", "note": "the cheapest"},
            {"alias": "small/one", "note": "small", "reason": "tickets are short"},
        ],
        "not_taken": {"dear": "It costs three times as much."},
        "catalog_revision": revision,
    }
    made = client.post(path, sent, content_type="application/json")
    assert made.status_code == 201
    assert as_described(made)["not_taken"] == {"dear": "It costs three times as much."}
    stored = as_described(client.get(f"/api/v1/workloads/{workload.ref}/shortlists/1"))
    assert stored["reproduced"]["same"] is True
    assert client.get(f"/api/v1/workloads/{workload.ref}/shortlists/2").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "candidates"),
        ({}, "candidates"),
        ({"candidates": "cheap"}, "candidates.non_field_errors"),
        ({"candidates": [{"alias": "cheap"}]}, "candidates.0.note"),
        ({"candidates": [], "extra": 1}, "extra"),
        ({"candidates": [{"alias": "cheap", "note": "x", "why": "y"}]}, "candidates.why"),
        ({"candidates": [], "tokens_in": "many"}, "tokens_in"),
        ({"candidates": [], "not_taken": ["dear"]}, "not_taken"),
        ({"candidates": []}, "candidates"),
    ],
)
def test_the_api_says_what_is_wrong(workload: Workload, body: Any, field: str) -> None:
    client = signed_in(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/shortlist"
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert any(one["field"].startswith(field) for one in errors)
    assert Shortlist.objects.count() == 0


def test_who_gets_what(workload: Workload) -> None:
    selection.choose(workload, "cheap", "dear")
    contributor = people.person("Contributor")
    lifecycle.add_member(
        actor=workload.owner, workload=workload, user=contributor, role="contributor"
    )
    api = f"/api/v1/workloads/{workload.ref}"
    reading = [url(workload), f"{url(workload)}1/", f"{api}/selection", f"{api}/shortlist",
               f"{api}/shortlists/1"]  # fmt: skip
    sent = {"candidates": [{"alias": "cheap", "note": "one"}, {"alias": "dear", "note": "two"}]}
    expected = [
        (workload.owner, 200, 302, 201), (contributor, 200, 302, 201),
        (people.reviewer("risk"), 200, 403, 403), (people.auditor(), 200, 403, 403),
        (people.catalog_manager(), 404, 404, 404), (people.stranger(), 404, 404, 404),
    ]  # fmt: skip
    for person, read, page, written in expected:
        client = signed_in(person)
        assert {client.get(path).status_code for path in reading} == {read}, person
        assert client.post(url(workload), form(workload, "cheap", "dear")).status_code == page
        answer = client.post(f"{api}/shortlist", sent, content_type="application/json")
        assert answer.status_code == written, person
    nobody = Client()
    assert [nobody.get(path).status_code for path in reading] == [302, 302, 401, 401, 401]
    assert nobody.post(url(workload)).status_code == 302
    assert nobody.post(f"{api}/shortlist").status_code == 401
