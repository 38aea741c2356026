"""Saving a brief: loosely, without losing what was typed, and by those who may."""

from decimal import Decimal
from uuid import uuid4

import pytest

from portal.audit.models import AuditEvent
from portal.common.errors import Forbidden, Invalid
from tests.factories import briefs, lives, people
from workloads.briefs import services
from workloads.briefs.models import Brief
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.selectors import current_cycle

pytestmark = pytest.mark.django_db


def test_a_new_workload_has_an_empty_brief_with_sensible_defaults() -> None:
    brief = brief_of(current_cycle(lives.draft()))
    assert (brief.row_version, brief.languages, brief.currency) == (0, ["en"], "USD")
    assert Brief.objects.count() == 0


def test_a_number_that_is_none_is_kept_as_typed_and_the_rest_is_saved() -> None:
    workload = lives.draft()
    saved = services.save_draft(
        actor=workload.owner, workload=workload, row_version=0,
        answers={"latency_p95_ms": "abc", "requests_per_day": "900"},
    )  # fmt: skip
    stored = Brief.objects.get()
    assert "2 or 0.8" in saved.problems["latency_p95_ms"].message
    assert stored.requests_per_day == 900
    assert (stored.latency_p95_ms, stored.unparsed) == (None, {"latency_p95_ms": "abc"})


def test_a_wrong_answer_takes_the_right_one_out_so_that_no_gate_passes_on_it() -> None:
    _, _, brief = briefs.scene()
    assert brief.latency_p95_ms == 2_000
    briefs.edit(brief, latency_p95_ms="fast")
    brief.refresh_from_db()
    assert (brief.latency_p95_ms, brief.unparsed["latency_p95_ms"]) == (None, "fast")
    briefs.edit(brief, latency_p95_ms="3")
    brief.refresh_from_db()
    assert (brief.latency_p95_ms, brief.unparsed) == (3_000, {})


def test_text_that_cannot_be_stored_is_refused_without_an_error_page() -> None:
    _, _, brief = briefs.scene()
    saved = briefs.edit(brief, users="a\x00b", fallback="\ud800")
    assert {p.code for p in saved.problems.values()} == {"null_character", "surrogate"}


def test_strict_saves_all_or_nothing() -> None:
    _, workload, brief = briefs.scene()
    with pytest.raises(Invalid) as refused:
        services.save_draft(
            actor=workload.owner, workload=workload, row_version=brief.row_version,
            answers={"requests_per_day": 1_000, "budget_per_month": "NaN"},
            kpis=[briefs.kpi(target="1E+9999")], strict=True,
        )  # fmt: skip
    brief.refresh_from_db()
    assert brief.requests_per_day == 900
    assert [error.field for error in refused.value.errors] == ["budget_per_month", "kpis[0].target"]


def test_an_unknown_field_is_refused() -> None:
    _, _, brief = briefs.scene()
    with pytest.raises(Invalid) as refused:
        briefs.edit(brief, row_version_x="1")
    assert refused.value.errors[0].code == "unknown_field"


def test_only_the_owner_and_contributors_write() -> None:
    owner, workload, brief = briefs.scene()
    helper, observer = people.person("Helper"), people.person("Observer")
    lifecycle.add_member(actor=owner, workload=workload, user=helper, role="contributor")
    lifecycle.add_member(actor=owner, workload=workload, user=observer, role="observer")
    briefs.edit(brief, actor=helper, users="50 agents")
    for other in (observer, people.reviewer("risk"), people.stranger()):
        with pytest.raises(Forbidden):
            briefs.edit(brief, actor=other, users="nobody")
    brief.refresh_from_db()
    assert brief.users == "50 agents"
    assert set(brief.editors) == {owner.pk, helper.pk}


def test_kpi_rows_come_change_and_go() -> None:
    _, workload, brief = briefs.scene()
    row = brief.kpi_rows()[0]
    assert (row.target, row.measured_by, row.owner) == (
        Decimal(96), briefs.METRIC, workload.owner,
    )  # fmt: skip
    services.save_draft(
        actor=workload.owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(id=str(row.pk), target="97"), briefs.kpi(name="Second"), {"name": ""}],
    )  # fmt: skip
    brief.refresh_from_db()
    assert [(k.name, k.target) for k in brief.kpi_rows()] == [
        ("Routed to the right queue", Decimal(97)), ("Second", Decimal(96)),
    ]  # fmt: skip
    assert brief.kpi_rows()[0].pk == row.pk
    services.save_draft(
        actor=workload.owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(id=str(row.pk), delete=True)],
    )  # fmt: skip
    assert brief.kpis.count() == 0


def test_a_kpi_of_another_brief_is_not_taken_over() -> None:
    _, _, other = briefs.scene()
    _, workload, brief = briefs.scene()
    foreign = other.kpi_rows()[0]
    services.save_draft(
        actor=workload.owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(id=str(foreign.pk), name="Taken")],
    )  # fmt: skip
    foreign.refresh_from_db()
    assert (foreign.brief_id, foreign.name) == (other.pk, "Routed to the right queue")
    assert brief.kpis.get().name == "Taken"


def test_saving_the_same_again_changes_and_records_nothing() -> None:
    _, _, brief = briefs.scene()
    events = AuditEvent.objects.count()
    saved = briefs.edit(brief, requests_per_day="900", data_class="internal")
    assert saved.changed == ()
    brief.refresh_from_db()
    assert (brief.row_version, AuditEvent.objects.count()) == (1, events)


def test_each_save_is_one_audit_event_with_its_fields() -> None:
    owner, workload, brief = briefs.scene()
    briefs.edit(brief, requests_per_day="1000", users="30 agents")
    event = AuditEvent.objects.filter(action="brief.saved").latest("seq")
    assert (str(event.actor_id), event.workload_ref) == (str(owner.pk), workload.ref)
    assert event.detail["fields"] == ["requests_per_day", "users"]


def test_the_tier_reaches_the_workload_when_the_answers_suffice() -> None:
    workload = lives.draft()
    services.save_draft(
        actor=workload.owner, workload=workload, row_version=0, answers={"data_class": "restricted"}
    )
    workload.refresh_from_db()
    assert workload.tier is None
    brief = briefs.fill(workload, data_class="confidential", data_categories=["personal"])
    workload.refresh_from_db()
    assert (workload.tier, workload.personal_data) == (2, True)
    briefs.edit(brief, data_class="")
    workload.refresh_from_db()
    assert workload.tier == 2


def test_a_prohibited_use_is_told_to_the_workload() -> None:
    workload = lives.draft()
    briefs.fill(workload, eu_class="prohibited")
    workload.refresh_from_db()
    assert workload.prohibited


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_two_kpis_with_one_id_are_refused_and_nothing_is_saved(known: bool, strict: bool) -> None:
    owner, workload, brief = briefs.scene()
    before = brief.material()
    one = str(brief.kpi_rows()[0].pk) if known else str(uuid4())
    with pytest.raises(Invalid) as refused:
        services.save_draft(
            actor=owner, workload=workload, row_version=brief.row_version, answers={},
            kpis=[briefs.kpi(id=one), briefs.kpi(id=one, name="Another")], strict=strict,
        )  # fmt: skip
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("kpis[1].id", "not_unique")
    ]
    assert Brief.objects.get().material() == before
