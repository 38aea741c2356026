"""The audit page shows every change, to those who look after all workloads and nobody else."""

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.audit import services as audit
from tests.factories import people

pytestmark = pytest.mark.django_db


def _get(user: User | None, query: str = "") -> tuple[int, str]:
    client = Client()
    if user is not None:
        client.force_login(user)
    response = client.get(f"/audit/{query}")
    return response.status_code, response.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (people.auditor, 200),
        (people.administrator, 200),
        (lambda: people.reviewer("risk"), 200),
        (people.catalog_manager, 403),
        (people.stranger, 403),
    ],
)
def test_who_may_read_it(who: object, status: int) -> None:
    assert _get(who())[0] == status  # type: ignore[operator]


def test_a_visitor_is_asked_to_sign_in() -> None:
    assert _get(None)[0] == 302


def test_events_are_found_by_workload_and_action() -> None:
    reader = people.auditor()
    audit.record(actor=None, action="brief.saved", kind="brief", ref="B1", workload="WL-0001")
    audit.record(actor=None, action="vote.cast", kind="review", ref="R-seven", workload="WL-0002")

    _, text = _get(reader, "?workload=wl-0002&action=vote")

    assert "R-seven" in text
    assert "brief.saved" not in text


def test_text_in_an_event_stays_text() -> None:
    reader = people.auditor()
    audit.record(
        actor=None, action="x.y", kind="x", ref="<img src=x onerror=1>", detail={"a": "<script>"}
    )

    _, text = _get(reader)

    assert "<img src=x" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("query", ["?cursor=***", "?cursor=YWJj", "?workload=" + "x" * 121])
def test_a_forged_address_gets_a_sentence(query: str) -> None:
    status, text = _get(people.auditor(), query)

    assert status == 400
    assert "page link is not valid" in text or "at most 120" in text


def test_a_long_chain_is_read_page_by_page(django_assert_max_num_queries: object) -> None:
    reader = people.auditor()
    for number in range(60):
        audit.record(actor=None, action="x.y", kind="x", ref=f"ref-{number:03}")
    client = Client()
    client.force_login(reader)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        first = client.get("/audit/").content.decode()

    assert "ref-059" in first
    assert "ref-000" not in first
