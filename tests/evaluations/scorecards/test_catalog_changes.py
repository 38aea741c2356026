"""What a change of the catalog does to an open cycle whose evaluation was a real one."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import services as catalog_services
from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from catalog.selectors import price_of
from portal.audit.models import AuditEvent
from portal.common.errors import Invalid
from tests.factories import builds, catalog, lives, people, reviews, scorecards, tuning
from tests.factories.phase_four import gateway, stub
from workloads.builds import services as build_services
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle, gate_checks, phase_records
from workloads.reviews.services import CriterionInput
from workloads.selection.selectors import candidates_of, shortlist_of
from workloads.tuning import receivers, tasks
from workloads.tuning.selectors import model_lock

__all__ = ["gateway", "stub"]
pytestmark = pytest.mark.django_db
PLAN = "Move to the replacement by May; Ada sees to it."


def states(workload: Workload) -> dict[str, str]:
    return {key: record.state for key, record in phase_records(current_cycle(workload)).items()}


def reason(workload: Workload, phase: str) -> str:
    return phase_records(current_cycle(workload))[phase].reason


@pytest.fixture(scope="module")
def lives_made(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Workload]]:
    """A workload before phase 5 and one before phase 6, made once; each test undoes its own."""
    outer = transaction.atomic()
    # As Django's own test cases: a durable block may stand inside it.
    outer._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        outer.__enter__()
        made = {at: scorecards.workload(at=at) for at in ("tuning", "build")}
    yield made
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def tuned(lives_made: dict[str, Workload]) -> Workload:
    """A workload that passed phases 1 to 5."""
    return Workload.objects.select_related("owner").get(pk=lives_made["build"].pk)


@pytest.fixture
def evaluated(lives_made: dict[str, Workload]) -> Workload:
    """A workload that passed phases 1 to 4."""
    return Workload.objects.select_related("owner").get(pk=lives_made["tuning"].pk)


def lock_of(workload: Workload) -> CatalogEntry:
    found = model_lock(current_cycle(workload))
    assert found is not None
    return found


def other_of(workload: Workload) -> CatalogEntry:
    """A candidate that is not the final model."""
    lock = lock_of(workload)
    return next(one for one in candidates_of(current_cycle(workload)) if one.pk != lock.pk)


def reprice(entry: CatalogEntry, share: str) -> Any:
    """Set both prices of an entry by a share, and follow as the task does."""
    now = price_of(entry)
    assert now is not None
    manager = people.catalog_manager()
    catalog_services.add_price(
        actor=manager, entry=entry, price_in=now.price_in * Decimal(share),
        price_out=now.price_out * Decimal(share), price_cached=None, currency="USD", source="",
    )  # fmt: skip
    tasks.follow_catalog(entry=str(entry.pk), actor=str(manager.pk))
    return manager


def change(entry: CatalogEntry, status: EntryStatus, **more: Any) -> Any:
    """Change the status of an entry, and follow as the task does."""
    manager = people.catalog_manager()
    catalog_services.change_status(
        actor=manager, entry=entry, status=status, reason="a newer one is better", **more
    )
    tasks.follow_catalog(entry=str(entry.pk), actor=str(manager.pk))
    return manager


def test_a_price_that_moves_over_ten_percent_asks_to_reconfirm_4_and_5(tuned: Workload) -> None:
    workload = tuned

    # when the price of its final model rises by a fifth
    manager = reprice(lock_of(workload), "1.2")

    # then evaluation and tuning are to be reconfirmed, with the cost from the stored tokens
    assert {k for k, v in states(workload).items() if v == "stale"} == {"evaluation", "tuning"}
    assert "a request of 800 in and 60 out costs" in reason(workload, "evaluation")
    assert "(+20.0%)" in reason(workload, "tuning")
    # and the event names who changed the price
    event = AuditEvent.objects.filter(action="phase.stale").order_by("seq").last()
    assert event is not None
    assert event.actor_id == manager.pk


def test_a_reconfirmed_price_is_asked_about_no_more(tuned: Workload) -> None:
    workload = tuned
    lock = lock_of(workload)
    reprice(lock, "1.2")

    for phase in ("evaluation", "tuning"):
        lifecycle.submit_phase(actor=workload.owner, cycle=current_cycle(workload), phase_key=phase)
    events = AuditEvent.objects.count()
    tasks.follow_catalog(entry=str(lock.pk))
    tasks.follow_catalog_everywhere()

    assert states(workload)["evaluation"] == states(workload)["tuning"] == "passed"
    assert AuditEvent.objects.count() == events


def test_a_price_that_creeps_is_compared_with_the_day_of_the_approval(tuned: Workload) -> None:
    workload = tuned
    lock = lock_of(workload)

    reprice(lock, "1.06")
    assert "stale" not in states(workload).values()
    reprice(lock, "1.06")

    assert states(workload)["evaluation"] == "stale"


def test_a_price_of_ten_percent_or_of_a_model_that_nobody_uses_changes_nothing(
    tuned: Workload,
) -> None:
    workload = tuned
    before = AuditEvent.objects.filter(workload_ref=workload.ref).count()

    reprice(lock_of(workload), "1.1")
    reprice(catalog.entry(), "3")

    assert AuditEvent.objects.filter(workload_ref=workload.ref).count() == before


def test_a_lost_message_is_found_by_the_hourly_round(tuned: Workload) -> None:
    workload = tuned
    catalog.add_price(lock_of(workload), "9", "9")
    assert "stale" not in states(workload).values()

    tasks.follow_catalog_everywhere()

    assert states(workload)["evaluation"] == "stale"
    assert phase_records(current_cycle(workload))["evaluation"].reason_by == "Assay"


def test_a_deprecated_final_model_is_reconfirmed_with_a_migration_plan(tuned: Workload) -> None:
    # given
    workload = tuned

    # when
    ends = timezone.now().date() + timedelta(days=200)
    change(lock_of(workload), EntryStatus.DEPRECATED, retirement_date=ends)

    # then phase 5 alone is to be reconfirmed, phase 2 is warned
    assert {k for k, v in states(workload).items() if v == "stale"} == {"tuning"}
    cycle = current_cycle(workload)
    flagged = next(c for c in gate_checks(cycle, "selection") if c.code == "candidates_limits")
    assert f"it is deprecated, retired on {ends}" in flagged.detail
    # and it takes a migration plan
    checks = {check.code: check.detail for check in gate_checks(cycle, "tuning")}
    assert (
        checks["model_locked"]
        == f"It is deprecated and ends on {ends}; decide again with a migration plan."
    )
    with pytest.raises(Invalid) as refused:
        tuning.decide(workload)
    assert refused.value.errors[0].field == "migration_plan"
    tuning.decide(workload, migration_plan=PLAN)
    lifecycle.submit_phase(actor=workload.owner, cycle=cycle, phase_key="tuning")
    tasks.follow_catalog_everywhere()
    assert states(workload)["tuning"] == "passed"


def test_a_deprecated_candidate_that_is_not_the_final_model_is_a_warning(tuned: Workload) -> None:
    workload = tuned

    change(other_of(workload), EntryStatus.DEPRECATED)

    assert "stale" not in states(workload).values()


def test_a_retired_final_model_is_struck_and_opens_2_to_5_again(tuned: Workload) -> None:
    # given
    workload = tuned
    lock = lock_of(workload)

    # when
    change(lock, EntryStatus.RETIRED)

    # then
    assert states(workload) == {
        "scoping": "passed", "selection": "open", "prompting": "open", "evaluation": "open",
        "tuning": "open", "build": "open", "go_no_go": "open", "operations": "open",
    }  # fmt: skip
    found = shortlist_of(current_cycle(workload))
    assert found is not None
    assert lock.gateway_alias not in [one.gateway_alias for one in candidates_of(found.cycle)]
    assert list(found.struck) == [lock.gateway_alias]
    assert f"The catalog: {lock.gateway_alias} is retired." in reason(workload, "evaluation")
    # and the evaluation cannot be passed again with that winner
    failing = [c.code for c in gate_checks(found.cycle, "evaluation") if c.state == "fail"]
    assert "winner_usable" in failing
    # and doing it once more changes nothing
    events = AuditEvent.objects.count()
    tasks.follow_catalog_everywhere()
    assert AuditEvent.objects.count() == events


def test_a_blocked_final_model_takes_the_passed_build_too(gateway: Any) -> None:
    # given a workload that passed its build: the stub answers as the prompt's schema asks
    workload = lives.workload(at="go_no_go", ready=_with_gateway(gateway))
    assert states(workload)["build"] == "passed"

    # when
    change(lock_of(workload), EntryStatus.BLOCKED)

    # then
    assert [
        states(workload)[k] for k in ("selection", "prompting", "evaluation", "tuning", "build")
    ] == ["open"] * 5


def _with_gateway(gateway: Any) -> Any:
    rows = [
        CriterionInput(
            reviews.KPI, "field_accuracy", ">=", Decimal("0.8"), "point", kpi=reviews.KPI
        )
    ]

    def ready(cycle: Any, phase_key: str, owner: Any) -> None:
        if phase_key != "build":
            scorecards.ready(cycle, phase_key, owner)
            return
        found = model_lock(cycle)
        assert found is not None
        gateway.behave(found.gateway_alias, 'text={"category": "A", "urgent": true}')
        made = builds.make(cycle.workload, owner)
        assert build_services.try_build(actor=owner, build=made).passed
        assert build_services.try_kill_switch(actor=owner, build=made).passed
        reviews.write(cycle.workload, owner, rows)

    return ready


def test_a_blocked_candidate_that_did_not_win_is_struck_and_nothing_else(
    evaluated: Workload,
) -> None:
    workload = evaluated
    entry = candidates_of(current_cycle(workload))[1]

    manager = change(entry, EntryStatus.BLOCKED)

    assert states(workload)["selection"] == "stale"
    assert states(workload)["evaluation"] == "passed"
    found = shortlist_of(current_cycle(workload))
    assert found is not None
    assert (found.number, found.created_by) == (2, None)
    assert "the catalog lists it as blocked" in found.struck[entry.gateway_alias]
    event = AuditEvent.objects.get(action="selection.candidates_struck")
    assert (event.actor_id, event.workload_ref) == (manager.pk, workload.ref)
    checks = {check.code: check.state for check in gate_checks(found.cycle, "selection")}
    assert checks["candidate_count"] == "fail"


def test_a_retired_winner_that_is_not_locked_yet_opens_the_evaluation(evaluated: Workload) -> None:
    workload = evaluated

    change(candidates_of(current_cycle(workload))[0], EntryStatus.RETIRED)

    assert (states(workload)["selection"], states(workload)["evaluation"]) == ("stale", "open")
    assert states(workload)["prompting"] == "passed"


def test_a_model_whose_last_day_has_come_is_retired_without_a_message(tuned: Workload) -> None:
    workload = tuned
    lock = lock_of(workload)
    CatalogEntry.objects.filter(pk=lock.pk).update(
        status="deprecated", retirement_date=timezone.now().date()
    )

    tasks.follow_catalog_everywhere()

    assert states(workload)["tuning"] == "open"


def test_an_alias_that_answers_as_another_model_opens_the_evaluation_again(tuned: Workload) -> None:
    workload = tuned
    lock, manager = lock_of(workload), people.catalog_manager()

    catalog.drift(lock, "newer-2026-12-01")
    catalog.drift(catalog.entry(), "newer")
    for _ in range(2):
        tasks.follow_catalog(entry=str(lock.pk), actor=str(manager.pk))

    assert states(workload)["evaluation"] == "open"
    assert states(workload)["selection"] == "passed"
    assert "answers as newer-2026-12-01" in reason(workload, "evaluation")
    events = AuditEvent.objects.filter(action="phase.reopened", workload_ref=workload.ref)
    assert [event.actor_id for event in events] == [manager.pk]


def test_a_run_in_which_another_model_answered_is_void(evaluated: Workload) -> None:
    cycle = current_cycle(evaluated)
    run = evaluated.runs.get()
    assert "pinned_models_answered" not in {c.code for c in gate_checks(cycle, "evaluation")}

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        ids = list(run.results.values_list("pk", flat=True)[:1])
        run.results.filter(pk__in=ids).update(
            flags=["model_mismatch"], resolved_model="newer-2026-12-01"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    found = {check.code: check for check in gate_checks(cycle, "evaluation")}
    assert found["pinned_models_answered"].state == "fail"
    assert "answered as newer-2026-12-01. The run is void" in found["pinned_models_answered"].detail


def test_a_workload_that_does_not_use_the_model_is_left_alone(tuned: Workload) -> None:
    workload, other = tuned, catalog.entry()
    before = AuditEvent.objects.filter(workload_ref=workload.ref).count()

    change(other, EntryStatus.BLOCKED)

    assert AuditEvent.objects.filter(workload_ref=workload.ref).count() == before


def test_the_catalog_tells_by_a_task_with_ids_after_its_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(receivers, "enqueue", lambda name, **ids: sent.append((name, ids)))
    entry, manager = catalog.entry(price=None), people.catalog_manager()
    # A price that the gateway told before: one that a person set would stay.
    catalog_services.sync(actor=manager, infos=[catalog.info(entry.gateway_alias)])
    sent.clear()

    with django_capture_on_commit_callbacks(execute=True):
        catalog_services.change_status(
            actor=manager, entry=entry, status=EntryStatus.BLOCKED, reason="it leaked a key"
        )
        assert sent == []
    with django_capture_on_commit_callbacks(execute=True):
        catalog_services.sync(
            actor=manager, infos=[catalog.info(entry.gateway_alias, price_in=Decimal(2))]
        )

    ids = {"entry": str(entry.pk), "actor": str(manager.pk)}
    assert ("workloads.tuning.follow_catalog", ids) in sent[:1]
    assert ("workloads.tuning.follow_catalog", ids) in sent[1:]


def test_a_drift_whose_message_was_lost_is_found_by_the_hourly_round(tuned: Workload) -> None:
    catalog.drift(lock_of(tuned), "newer-2026-12-01")

    tasks.follow_catalog_everywhere()

    assert states(tuned)["evaluation"] == "open"


def test_the_catalog_tells_of_a_drift(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(receivers, "enqueue", lambda name, **ids: sent.append((name, ids)))
    entry = catalog.entry(snapshot="older-2026-01-01")

    with django_capture_on_commit_callbacks(execute=True):
        catalog_services.sync(actor=None, infos=[catalog.info(entry.gateway_alias)])

    assert ("workloads.tuning.follow_catalog", {"entry": str(entry.pk), "actor": ""}) in sent
