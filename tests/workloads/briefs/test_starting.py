"""What a brief is started from: a template, a copy, or answers that were tried before."""

import uuid
from typing import Any

import pytest
from django.test import Client

from portal.common.errors import Invalid
from tests.factories import briefs, lives, people
from workloads.briefs import kpis, services
from workloads.briefs.answers import parse
from workloads.briefs.crosschecks import cross_checks
from workloads.briefs.enums import WorkloadType
from workloads.briefs.library import BriefTemplate, templates
from workloads.briefs.models import Brief
from workloads.briefs.questions import BY_NAME
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle

EACH = pytest.mark.parametrize("template", templates(), ids=lambda one: one.key)
RISK = (
    "data_class", "data_categories", "audience", "eu_class", "lawful_basis", "eu_rationale",
    "dpia_url", "tools",
)  # fmt: skip


def start(owner: Any, key: str, **answers: Any) -> Brief:
    made = lifecycle.create_workload(
        actor=owner, name=f"Started {Workload.objects.count()}", start=key, answers=answers
    )
    return brief_of(current_cycle(made))


def test_there_are_eight_templates_each_for_another_kind_of_work() -> None:
    kinds = [one.workload_type for one in templates()]
    assert len(set(kinds)) == 8
    assert set(kinds) <= set(WorkloadType.values)


@EACH
def test_a_template_holds_answers_that_can_be_taken_and_leaves_the_risk_open(
    template: BriefTemplate,
) -> None:
    for name, raw in template.answers.items():
        value = parse(BY_NAME[name], raw)
        assert value not in (None, "", []) or name == "needs"
        if BY_NAME[name].is_text:
            assert len(value) >= max(BY_NAME[name].minimum, 20)
    assert not set(RISK) & set(template.answers)
    for name, words in template.examples.items():
        assert len(words) >= BY_NAME[name].minimum
    limits = Brief(
        **{
            name: parse(BY_NAME[name], template.answers[name])
            for name in (
                "latency_p95_ms", "latency_p50_ms", "requests_per_day", "peak_rps",
                "budget_per_month", "max_cost_per_request",
            )
        }
    )  # fmt: skip
    assert [one.tone for one in cross_checks(limits)] == ["pass"] * 3


@EACH
def test_the_kpis_of_a_template_are_complete_and_one_is_measured_before_launch(
    template: BriefTemplate,
) -> None:
    assert len(template.kpis) >= 3
    for raw in template.kpis:
        values, problems = kpis.parse(raw)
        assert problems == {}
        assert kpis.gaps(values, uuid.uuid4()) == []
    assert any(raw["before_launch"] for raw in template.kpis)
    assert any(not raw["before_launch"] for raw in template.kpis)


@pytest.mark.django_db
def test_a_template_fills_the_draft_and_the_gate_asks_for_what_only_the_owner_knows() -> None:
    brief = start(people.person("Owner"), "template:classification")
    assert brief.started_from == "template:classification"
    assert len(brief.kpi_rows()) == 3
    assert {kpi.owner for kpi in brief.kpi_rows()} == {brief.cycle.workload.owner}
    missing = {c.code for c in checks_of(brief.cycle, "scoping") if c.state == "fail"}
    assert {f"brief.{name}" for name in (
        "business_problem", "intended_outcome", "users", "data_class", "data_categories",
        "audience", "eu_class",
    )} <= missing  # fmt: skip
    assert len(missing) == 7
    client = Client()
    client.force_login(brief.cycle.workload.owner)
    html = client.get(f"/workloads/{brief.cycle.workload.ref}/brief/").content.decode()
    assert "Started from the template “Sort and route”" in html
    assert "One in seven lands in the wrong one" in html


@pytest.mark.django_db
def test_a_copy_leaves_out_risk_owners_and_what_was_measured() -> None:
    owner, source, _ = briefs.scene(tier=2)
    copier = people.reviewer("risk")
    brief = start(copier, f"workload:{source.ref}")
    assert brief.business_problem == briefs.ANSWERS["business_problem"]
    assert brief.fallback == briefs.TIER_2["fallback"]
    blank = Brief()
    for name in (*RISK, "autonomy", "decision_impact", "eu_nexus"):
        assert getattr(brief, name) == getattr(blank, name), name
    kpi = brief.kpi_rows()[0]
    assert (kpi.owner, kpi.baseline, kpi.target) == (copier, None, 96)
    assert brief.editors == [copier.pk]
    assert owner.pk not in brief.editors


@pytest.mark.django_db
@pytest.mark.parametrize(
    "key", ["template:none", "workload:WL-9999", "workload:..", "x", "x" * 300]
)
def test_what_is_not_offered_makes_no_workload(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        start(people.person(), key)
    assert refused.value.errors[0].field == "start"
    assert not Workload.objects.exists()


@pytest.mark.django_db
def test_a_workload_that_one_may_not_see_is_neither_offered_nor_copied() -> None:
    _, source, _ = briefs.scene()
    stranger = people.stranger()
    client = Client()
    client.force_login(stranger)
    assert source.name not in client.get("/workloads/new/").content.decode()
    posted = client.post(
        "/workloads/new/",
        {"name": "Mine now", "start": "copy", "copy_of": f"workload:{source.ref}"},
    )
    assert posted.status_code in (422, 200)
    with pytest.raises(Invalid):
        start(stranger, f"workload:{source.ref}")
    assert Workload.objects.count() == 1


@pytest.mark.django_db
def test_a_workload_without_a_brief_cannot_be_copied() -> None:
    owner = people.person()
    empty = lives.draft(owner)
    with pytest.raises(Invalid, match="no brief to copy yet"):
        start(owner, f"workload:{empty.ref}")


@pytest.mark.django_db
def test_tried_answers_come_along_and_nonsense_among_them_makes_nothing() -> None:
    owner = people.person("Owner")
    brief = start(
        owner, "template:agent", workload_type="agent", writes_outside="for_good",
        data_class="internal", data_categories="none", audience="internal", eu_class="minimal",
    )  # fmt: skip
    assert brief.cycle.workload.tier == 4
    assert [tool["access"] for tool in brief.tools] == ["external"]
    with pytest.raises(Invalid):
        start(owner, "", data_class="top secret")
    with pytest.raises(Invalid):
        start(owner, "", no_such_question="x")
    assert Workload.objects.count() == 1


@pytest.mark.django_db
def test_the_new_page_makes_a_copy_with_unit_and_tags() -> None:
    owner, source, _ = briefs.scene()
    client = Client()
    client.force_login(owner)
    page = client.get("/workloads/new/").content.decode()
    assert source.name in page
    refused = client.post("/workloads/new/", {"name": "Copied", "start": "copy"})
    assert refused.status_code == 422
    assert "Choose the workload to copy." in refused.content.decode()
    answer = client.post(
        "/workloads/new/",
        {"name": "Copied", "start": "copy", "copy_of": f"workload:{source.ref}",
         "business_unit": "Retail", "tags": "desk, e-mail ,desk"},
    )  # fmt: skip
    made = Workload.objects.get(name="Copied")
    assert answer["Location"] == f"/workloads/{made.ref}/brief/"
    assert (made.business_unit, made.tags) == ("Retail", ["desk", "e-mail"])
    assert brief_of(current_cycle(made)).started_from == f"workload:{source.ref}"


@pytest.mark.django_db
def test_a_started_brief_is_the_owners_to_change_like_any_other() -> None:
    owner = people.person("Owner")
    brief = start(owner, "template:drafting")
    saved = services.save_draft(
        actor=owner, workload=brief.cycle.workload, row_version=brief.row_version,
        answers={"users": "The team"},
    )  # fmt: skip
    assert saved.changed == ("users",)
