"""What a change of the catalog means for what is live, and who answers it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import services as catalog_services
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import catalog, people, phase_four
from tests.factories import operations as factory
from workloads.builds.models import Build
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.operations import services, tasks
from workloads.operations.models import Concern

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]
ANSWER = "The KPIs hold; the budget was raised by the owner."


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(factory.live)
    return found


@pytest.fixture
def live(made: Workload) -> Workload:
    return phase_four.again(made)


def model(workload: Workload) -> CatalogEntry:
    return Build.objects.get(cycle__workload=workload).model_lock


def change(entry: CatalogEntry, status: EntryStatus, **more: Any) -> Any:
    manager = people.catalog_manager()
    catalog_services.change_status(
        actor=manager, entry=entry, status=status, reason="it leaked a key", **more
    )
    tasks.follow_catalog(entry=str(entry.pk), actor=str(manager.pk))
    return manager


def test_a_deprecated_model_opens_a_refresh_and_goes_on_serving(live: Workload) -> None:
    ends = timezone.now().date() + timedelta(days=200)

    manager = change(model(live), EntryStatus.DEPRECATED, retirement_date=ends)

    raised = Concern.objects.get(workload=live)
    assert (raised.kind, raised.due, raised.created_by) == (
        "refresh", ends - timedelta(days=90), manager,
    )  # fmt: skip
    checks = {check.code: check for check in checks_of(current_cycle(live), "operations")}
    assert checks["runs_approved"].state == "pass"
    assert checks["refresh"].state == "fail"
    event = AuditEvent.objects.get(action="operations.concern_raised")
    assert (event.actor_id, event.workload_ref) == (manager.pk, live.ref)


@pytest.mark.parametrize("status", [EntryStatus.RETIRED, EntryStatus.BLOCKED])
def test_a_model_that_is_taken_away_is_an_incident_and_serves_no_more(
    live: Workload, status: EntryStatus
) -> None:
    change(model(live), status)

    assert Concern.objects.get(workload=live).kind == "incident"
    with pytest.raises(Conflict) as refused:
        services.serve(workload=live, given={}, request_id="one")
    assert refused.value.code == "not_approved"


def test_a_dearer_model_asks_for_a_check_of_the_kpis(live: Workload) -> None:
    catalog.add_price(model(live), "2", "8")

    tasks.follow_catalog_everywhere()
    tasks.follow_catalog(entry=str(model(live).pk))

    raised = Concern.objects.get(workload=live)
    assert raised.kind == "kpi_check"
    assert "(+100.0%)" in raised.detail


def test_an_alias_that_drifts_raises_one_alert(live: Workload) -> None:
    catalog.drift(model(live), "newer-2026-12-01")
    catalog.drift(catalog.entry(), "newer")

    tasks.follow_catalog(entry=str(model(live).pk))
    tasks.follow_catalog_everywhere()

    raised = Concern.objects.get(workload=live)
    assert raised.kind == "drift"
    assert "answers as newer-2026-12-01" in raised.detail


def test_what_was_answered_is_not_raised_again_by_the_same_change(live: Workload) -> None:
    catalog.add_price(model(live), "2", "8")
    tasks.follow_catalog_everywhere()
    raised = Concern.objects.get()

    settled = services.settle_concern(actor=live.owner, concern=raised, answer=ANSWER)
    tasks.follow_catalog_everywhere()
    assert (Concern.objects.count(), settled.settled_by) == (1, live.owner)
    with pytest.raises(Conflict):
        services.settle_concern(actor=live.owner, concern=raised, answer=ANSWER)

    catalog.add_price(model(live), "3", "12")
    tasks.follow_catalog_everywhere()
    assert Concern.objects.count() == 2


def test_the_owner_alone_answers_and_in_words(live: Workload) -> None:
    catalog.add_price(model(live), "2", "8")
    tasks.follow_catalog_everywhere()
    raised = Concern.objects.get()

    for person in (phase_four.contributor(live), people.auditor(), people.catalog_manager()):
        with pytest.raises(Forbidden):
            services.settle_concern(actor=person, concern=raised, answer=ANSWER)
    for answer in ("", "seen", "a\x00" * 20):
        with pytest.raises(Invalid):
            services.settle_concern(actor=live.owner, concern=raised, answer=answer)


def test_on_the_page_and_over_the_api(live: Workload) -> None:
    catalog.add_price(model(live), "2", "8")
    tasks.follow_catalog_everywhere()
    raised = Concern.objects.get()
    page, client = f"/workloads/{live.ref}/operations/", Client()
    act = f"{page}concerns/{raised.pk}/"
    api = f"/api/v1/workloads/{live.ref}"
    own = f"{api}/concerns/{raised.pk}"
    assert client.post(act).status_code == 302
    assert client.post(own).status_code == 401
    for person, status in (
        (people.stranger(), 404), (phase_four.contributor(live), 403), (people.auditor(), 403),
        (people.reviewer("risk"), 403),
    ):  # fmt: skip
        client.force_login(person)
        assert client.post(act, {"answer": ANSWER}).status_code == status
        sent = client.post(own, {"answer": ANSWER}, content_type="application/json")
        assert sent.status_code == status
    client.force_login(live.owner)
    assert "KPI check" in client.get(page).content.decode()
    refused = client.post(act, {"answer": "<b>no"})
    assert refused.status_code == 422
    assert "&lt;b&gt;no" in refused.content.decode()
    for body in ("[]", '{"answer": 3}', "{}"):
        sent = client.post(own, body, content_type="application/json")
        assert sent.status_code == 400
    sent = client.post(own, {"answer": ANSWER}, content_type="application/json")
    assert sent.status_code == 200
    assert client.get(f"{api}/live").json()["concerns"][0]["answer"] == ANSWER
    assert ANSWER in client.get(page).content.decode()
    assert client.post(act, {"answer": ANSWER}).status_code == 409
