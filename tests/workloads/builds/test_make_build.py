"""A build puts the locked model and prompt together, is immutable, and is made one at a time."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.models import CatalogEntry
from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import briefs, people, phase_four
from tests.factories import builds as factory
from tests.factories import prompts as prompt_factory
from tests.factories import tuning as tuning_factory
from workloads.briefs.models import Brief
from workloads.builds.citations import build_card
from workloads.builds.models import Build
from workloads.builds.selectors import build_of
from workloads.builds.services import Alert
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import contributors, current_cycle, phase_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: phase_four.workload("build"))
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


def _failing(workload: Workload) -> set[str]:
    found = checks_of(current_cycle(workload), "build")
    return {check.code for check in found if check.state == CheckState.FAIL}


def test_a_build_holds_the_locked_model_and_the_candidate_prompt(workload: Workload) -> None:
    made = factory.make(workload)

    again = Build.objects.get(pk=made.pk)
    assert again.number == 1
    assert again.prompt_version.number == 1
    assert all(again.part_tests[name] for name in factory.PARTS)
    assert again.digest == digest(
        {
            "content": again.content,
            "model": again.model_digest,
            "prompt": again.prompt_version.digest,
        }
    )
    assert AuditEvent.objects.filter(action="build.made", workload_ref=workload.ref).count() == 1
    assert workload.owner_id in contributors(current_cycle(workload), "build")


def test_the_database_refuses_to_change_it(workload: Workload) -> None:
    factory.make(workload)

    for sql in (
        "UPDATE workloads_builds_build SET number = 7",
        "DELETE FROM workloads_builds_build",
    ):
        with (
            pytest.raises(ProgrammingError, match="Cannot update or delete"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_the_same_again_is_a_conflict(workload: Workload) -> None:
    factory.make(workload)

    with pytest.raises(Conflict, match="Nothing differs from build 1"):
        factory.make(workload)


def test_another_build_opens_what_tested_the_one_before() -> None:
    workload = phase_four.workload("go_no_go")

    made = factory.make(workload, retention_days=7)

    assert made.number == 2
    assert phase_record(current_cycle(workload), "build").state == "open"


def test_without_a_locked_model_or_a_prompt_there_is_no_build() -> None:
    with pytest.raises(NotReady, match="Lock the final model"):
        factory.make(phase_four.workload("tuning"))


def test_only_the_team_builds(workload: Workload) -> None:
    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            factory.make(workload, person)


def test_a_closed_cycle_takes_no_build(workload: Workload) -> None:
    Cycle.objects.filter(workload=workload).update(state="released")

    with pytest.raises(Forbidden) as refused:
        factory.make(workload)

    assert refused.value.code == "cycle_closed"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"architecture": "castle"}, "architecture"),
    ({"decision_record": "short"}, "decision_record"),
    ({"decision_record": "a\x00" * 100}, "decision_record"),
    ({"parts": ["shell"]}, "parts"),
    ({"logging": "everything"}, "logging"),
    ({"retention_days": -1}, "retention_days"),
    ({"retention_days": 31}, "retention_days"),
    ({"alerts": [Alert("mood", ">", 1, 60, "Ada")]}, "alerts"),
    ({"alerts": [Alert("error_rate", "=", 1, 60, "Ada")]}, "alerts"),
    ({"alerts": [Alert("error_rate", ">", float("nan"), 60, "Ada")]}, "error_rate"),
    ({"alerts": [Alert("error_rate", ">", float("inf"), 60, "Ada")]}, "error_rate"),
    ({"alerts": [Alert("error_rate", ">", 1, 0, "Ada")]}, "error_rate"),
    ({"alerts": [Alert("error_rate", ">", 1, 60, "A\x00a")]}, "alerts"),
    ({"alerts": [Alert("error_rate", ">", 1, 60, "Ada")] * 21}, "alerts"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_wrong_is_named(workload: Workload, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        factory.make(workload, **changes)

    assert field in {error.field for error in refused.value.errors}
    assert build_of(current_cycle(workload)) is None


@pytest.mark.parametrize(
    ("data_class", "logging", "allowed"),
    [
        ("public", "full", True),
        ("internal", "full", True),
        ("confidential", "redacted", True),
        ("confidential", "full", False),
        ("restricted", "off", True),
        ("restricted", "redacted", False),
    ],
)
def test_no_more_is_kept_than_the_data_class_allows(
    workload: Workload, data_class: str, logging: str, allowed: bool
) -> None:
    Brief.objects.filter(cycle__workload=workload).update(data_class=data_class)

    try:
        factory.make(workload, logging=logging)
        refused = False
    except Invalid as problem:
        refused = [error.code for error in problem.errors] == ["above_data_class"]

    assert refused is not allowed


def test_data_that_became_more_sensitive_fails_the_check(workload: Workload) -> None:
    factory.make(workload, logging="full")
    Brief.objects.filter(cycle__workload=workload).update(data_class="restricted")

    assert "logging" in _failing(workload)


def test_a_ready_build_fails_nothing() -> None:
    workload = phase_four.workload("go_no_go", tier=2)

    assert _failing(workload) == set()


def test_each_missing_thing_is_a_check(workload: Workload) -> None:
    factory.make(workload, parts=["normalise"], alerts=factory.ALERTS[:2])

    assert _failing(workload) == {"guards", "alerts", "build_answers", "criteria_drafted"}


def test_from_tier_2_up_the_kill_switch_is_tried() -> None:
    workload = phase_four.workload("build", tier=2)
    factory.make(workload)

    assert "kill_switch" in _failing(workload)


def test_a_newer_prompt_asks_for_a_new_build(workload: Workload) -> None:
    factory.make(workload)
    prompt_factory.commit(workload, tone="Calm.")

    assert "build_locked" in _failing(workload)


def test_a_changed_catalog_entry_asks_for_a_new_build(workload: Workload) -> None:
    made = factory.make(workload)
    CatalogEntry.objects.filter(pk=made.model_lock_id).update(snapshot="newer-2026-12-01")

    assert "build_locked" in _failing(workload)


def test_a_new_lock_of_the_same_model_keeps_the_build(workload: Workload) -> None:
    factory.make(workload)
    tuning_factory.decide(workload, decision="defer")

    assert "build_locked" not in _failing(workload)


def test_the_evidence_registry_knows_builds(workload: Workload) -> None:
    made = factory.make(workload)

    card = build_card(workload.ref, "1")

    assert card is not None
    assert card.present_digest == made.digest
    assert build_card(workload.ref, "one") is None


POSTED: dict[str, Any] = {
    "architecture": "api",
    "decision_record": factory.RECORD,
    "pre_steps": ["trim_input"],
    "input_guards": ["input_limit"],
    "post_steps": [],
    "output_guards": ["secret_filter"],
    "logging": "redacted",
    "retention_days": "30",
    "error_rate": "2",
    "latency_p95": "2000",
    "cost_per_day": "10",
}


@pytest.fixture
def page(client: Client, workload: Workload) -> Client:
    client.force_login(workload.owner)
    return client


def test_making_a_build_on_the_page(page: Client, workload: Workload) -> None:
    url = reverse("builds:build", args=[workload.ref])

    shown = page.post(url, POSTED, follow=True).content.decode()

    assert "Build 1 made" in shown
    assert "Length and type" in shown
    made = build_of(current_cycle(workload))
    assert made is not None
    assert made.content["parts"] == ["input_limit", "secret_filter", "trim_input"]
    assert made.content["alerts"][0]["threshold"] == 0.02


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": "castle"},
        {"decision_record": "short"},
        {"decision_record": "a\x00" * 100},
        {"pre_steps": ["shell"]},
        {"retention_days": "9" * 30},
        {"retention_days": "many"},
        {"error_rate": "nan"},
        {"error_rate": "101"},
        {"latency_p95": "1e300"},
        {"cost_per_day": "-1"},
        {"logging": ""},
    ],
    ids=str,
)
def test_a_refused_build_keeps_the_typed_words(
    page: Client, workload: Workload, change: dict[str, Any]
) -> None:
    answer = page.post(reverse("builds:build", args=[workload.ref]), {**POSTED, **change})

    assert answer.status_code == 422
    if "decision_record" not in change:
        assert factory.RECORD in answer.content.decode()
    assert build_of(current_cycle(workload)) is None


def test_the_form_starts_from_the_briefs_limits(page: Client, workload: Workload) -> None:
    Brief.objects.filter(cycle__workload=workload).update(
        latency_p95_ms=1234, budget_per_month=Decimal(300), data_class="restricted"
    )

    text = page.get(reverse("builds:build", args=[workload.ref])).content.decode()

    assert 'value="1234"' in text
    assert 'value="10.0"' in text
    assert '<option value="off" selected>' in text
    assert briefs.ANSWERS["data_class"] == "internal"
