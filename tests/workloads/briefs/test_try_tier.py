"""Eight questions give the tier before anything is written."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.models import AuditEvent
from tests.factories import people
from workloads.briefs.models import Brief
from workloads.briefs.trying import ASKED, as_query, brief_answers, read
from workloads.lifecycle.models import Workload

pytestmark = pytest.mark.django_db
URL = "/workloads/new/tier/"
CHATBOT = {
    "workload_type": "chatbot", "data_class": "confidential", "data_categories": ["personal"],
    "audience": "public", "autonomy": "watched", "writes_outside": "no",
    "decision_impact": "operational", "eu_class": "transparency",
}  # fmt: skip


def client() -> Client:
    made = Client()
    made.force_login(people.person("Owner"))
    return made


def test_there_are_eight_questions() -> None:
    assert len(ASKED) == 8


def test_the_answer_shows_tier_votes_and_duties_and_stores_nothing() -> None:
    signed_in = client()
    events = AuditEvent.objects.count()
    html = signed_in.get(URL, CHATBOT).content.decode()
    for words in ("3, high", "Seen by: The public", "business + risk + privacy", "Article 50(1)"):
        assert words in html
    assert (Workload.objects.count(), Brief.objects.count()) == (0, 0)
    assert AuditEvent.objects.count() == events


def test_htmx_gets_the_result_alone() -> None:
    answer = client().get(URL, CHATBOT, headers={"HX-Request": "true"})
    assert "<form" not in answer.content.decode()
    assert "3, high" in answer.content.decode()


def test_open_questions_are_counted_and_a_prohibited_use_makes_no_workload() -> None:
    signed_in = client()
    assert "7 questions open" in signed_in.get(URL, {"data_class": "public"}).content.decode()
    html = signed_in.get(URL, CHATBOT | {"eu_class": "prohibited"}).content.decode()
    assert "it stops here" in html
    assert "Make the workload from this" not in html


def test_the_link_leads_to_a_workload_with_these_answers() -> None:
    signed_in = client()
    html = signed_in.get(URL, CHATBOT).content.decode()
    link = html.split('href="/workloads/new/?')[1].split('"')[0].replace("&amp;", "&")
    page = signed_in.get(f"/workloads/new/?{link}").content.decode()
    assert 'value="template:customer_chat" checked' in page
    posted: dict[str, Any] = {f"answer.{name}": value for name, value in CHATBOT.items()}
    answer = signed_in.post(
        "/workloads/new/", posted | {"name": "Chat", "start": "template:customer_chat"}
    )
    assert answer.status_code == 302
    made = Workload.objects.get()
    assert made.tier == 3
    assert made.personal_data


def test_bad_answers_that_come_along_make_nothing_and_say_so() -> None:
    answer = client().post("/workloads/new/", {"name": "Chat", "answer.data_class": "cosmic"})
    assert answer.status_code == 422
    assert not Workload.objects.exists()


words = st.sampled_from(
    ["", "none", "personal", "agent", "for_good", "prohibited", "a\x00b", "\ud800", "x" * 99, "é"]
)


@given(st.dictionaries(st.sampled_from([*ASKED, "other"]), words), st.lists(words, max_size=4))
def test_whatever_stands_in_the_address_is_read_without_an_error(
    raw: dict[str, str], categories: list[str]
) -> None:
    tried, still_open = read(raw, categories)
    assert set(still_open) <= set(ASKED)
    assert 1 <= tried.assessment().tier <= 4
    assert set(brief_answers(tried)) <= {*ASKED, "tools"}
    assert isinstance(as_query(tried, ""), str)
