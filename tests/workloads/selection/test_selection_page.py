"""The selection page: three groups, every reason, what it costs, and a choice that is kept."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import catalog, lives, people, selection
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.selection.models import Shortlist
from workloads.selection.selectors import considered, requirements_of
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


def test_the_api_gives_the_shortlist(workload: Workload) -> None:
    client = signed_in(workload.owner)
    path = f"/api/v1/workloads/{workload.ref}/shortlist"
    assert client.get(path).status_code == 404
    selection.choose(workload, "cheap", Pick("small/one", "small", "tickets are short"))
    body = client.get(path).json()
    assert [one["alias"] for one in body["candidates"]] == ["cheap", "small/one"]
    assert len(body["considered"]) == 4
    assert body["filter"]["data_class"] == "internal"


def test_the_page_asks_as_often_for_forty_models_as_for_four(
    workload: Workload, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(workload.owner)
    client.get(url(workload))
    for _ in range(40):
        catalog.entry()
    with django_assert_max_num_queries(75):
        client.get(url(workload))
