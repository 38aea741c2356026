"""From a draft to a version: the gate is strict, what was submitted stays as it was."""

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.test import Client

from portal.audit.models import AuditEvent
from portal.common.errors import NotReady
from tests.factories import briefs, lives, people
from workloads.briefs import services
from workloads.briefs.models import BriefVersion
from workloads.briefs.selectors import editions_of
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.enums import ReviewOutcome
from workloads.lifecycle.models import Workload
from workloads.lifecycle.phases import phase
from workloads.lifecycle.selectors import (
    contributors,
    current_cycle,
    holds,
    manifest,
    open_review,
    phase_record,
)

pytestmark = pytest.mark.django_db


def state(workload: Workload) -> str:
    return phase_record(current_cycle(workload), "scoping").state


def missing(workload: Workload) -> dict[str, str]:
    found = checks_of(current_cycle(workload), "scoping")
    return {check.code: check.detail for check in found if check.state == "fail"}


def test_an_empty_brief_lists_every_answer_that_is_missing_with_its_field() -> None:
    workload = lives.draft()
    with pytest.raises(NotReady) as refused:
        services.submit_brief(actor=workload.owner, workload=workload)
    named = {error.field for error in refused.value.errors}
    assert {"brief.business_problem", "brief.data_class", "brief.kpis"} <= named
    assert BriefVersion.objects.count() == 0
    check = checks_of(current_cycle(workload), "scoping")[0]
    assert check.link == f"/workloads/{workload.ref}/brief/#id_business_problem"


def test_a_tier_1_brief_passes_without_a_vote_and_leaves_a_version() -> None:
    owner, workload, brief = briefs.scene()
    assert missing(workload) == {}
    services.submit_brief(actor=owner, workload=workload)
    version = BriefVersion.objects.get()
    assert state(workload) == "passed"
    assert (version.number, version.digest, version.tier) == (1, brief.digest(), 1)
    assert version.authors == [owner.pk]
    assert holds(phase_record(current_cycle(workload), "scoping"))


def test_tier_2_asks_for_more_answers_and_for_one_approval() -> None:
    owner, workload, _ = briefs.scene()
    voter = people.reviewer("risk")
    brief = briefs.edit(workload.cycles.get().brief, data_class="confidential").brief
    assert {"brief.fallback", "brief.human_oversight", "brief.non_ai_alternative"} <= set(
        missing(workload)
    )
    briefs.edit(brief, **briefs.TIER_2)
    services.submit_brief(actor=owner, workload=workload)
    review = open_review(current_cycle(workload), "scoping")
    assert review is not None
    lives.approve(review, [voter])
    assert state(workload) == "passed"


def test_nobody_who_can_approve_is_missing_too() -> None:
    _, workload, _ = briefs.scene(tier=2)
    assert "business or risk" in missing(workload)["brief.people"]


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({"business_problem": "short"}, "brief.business_problem", "at least 50"),
        ({"eu_class": "undetermined"}, "brief.eu_class", "Decide"),
        ({"latency_p50_ms": "3"}, "brief.limits.latency", "may not take longer"),
        ({"peak_rps": "0.001"}, "brief.limits.load", "must be higher"),
        ({"requests_per_day": "many"}, "brief.requests_per_day", "“many” is no answer"),
        ({"min_context_tokens": "lots"}, "brief.min_context_tokens", "no answer"),
        ({"data_categories": ["personal"]}, "brief.lawful_basis", "GDPR"),
        ({"workload_type": "agent"}, "brief.tools", "whether that can be undone"),
        ({"workload_type": "other"}, "brief.workload_type_other", "In a few words"),
        ({"data_categories": ["health"]}, "brief.dpia_url", "article 35"),
        ({"dpia_url": "http://x"}, "brief.dpia_url", "“http://x” is no answer"),
        ({"eu_class": "transparency"}, "brief.eu_rationale", "article"),
    ],
)
def test_the_gate_is_strict(answers: dict[str, object], code: str, words: str) -> None:
    _, workload, brief = briefs.scene()
    briefs.edit(brief, **answers)
    assert words in missing(workload)[code]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": ""}, "set a target"),
        ({"floor": "97"}, "the floor must be at most the target, 96"),
        ({"baseline": "99"}, "worse than today's 99"),
        ({"measured_by": ""}, "choose the metric"),
        ({"direction": "down", "baseline": "", "floor": "90"}, "at least the target"),
        ({"target": "much"}, "target is no answer"),
        ({"source": "business"}, "only an evaluation can be tested before launch"),
    ],
)
def test_a_kpi_must_make_sense(change: dict[str, str], words: str) -> None:
    owner, workload, brief = briefs.scene()
    services.save_draft(
        actor=owner, workload=workload, row_version=brief.row_version, answers={},
        kpis=[briefs.kpi(**change)],
    )  # fmt: skip
    assert words in missing(workload)["brief.kpis"]


def test_tier_3_asks_for_three_kpis() -> None:
    _, workload, brief = briefs.scene()
    briefs.edit(brief, decision_impact="individual")
    assert "1 of 3 written" in missing(workload)["brief.kpis"]


def test_a_committed_version_cannot_be_changed_in_the_database() -> None:
    owner, workload, _ = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    with pytest.raises(DatabaseError), transaction.atomic():
        BriefVersion.objects.update(number=7)
    with pytest.raises(DatabaseError), transaction.atomic():
        BriefVersion.objects.all().delete()


def test_rewording_after_the_gate_makes_it_stale_and_going_back_does_not_hide_it() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, users="50 service desk agents")
    assert state(workload) == "stale"
    services.submit_brief(actor=owner, workload=workload)
    assert (state(workload), BriefVersion.objects.count()) == ("passed", 2)


def test_another_scope_reopens_the_gate_with_the_reason() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    briefs.edit(brief, audience="internal")
    record = phase_record(current_cycle(workload), "scoping")
    assert record.state == "open"
    assert "One team → Colleagues" in record.reason


def test_a_change_under_review_ends_the_review() -> None:
    owner, workload, brief = briefs.scene(tier=2)
    people.reviewer("risk")
    services.submit_brief(actor=owner, workload=workload)
    review = open_review(current_cycle(workload), "scoping")
    assert review is not None
    briefs.edit(brief, max_cost_per_request="0.01")
    review.refresh_from_db()
    assert review.outcome == ReviewOutcome.SUPERSEDED


def test_submitting_at_the_gate_commits_the_version_that_the_gate_sees() -> None:
    owner, workload, brief = briefs.scene()
    cycle = current_cycle(workload)
    before = manifest(cycle, "scoping")
    lifecycle.submit_phase(actor=owner, cycle=cycle, phase_key="scoping")
    version = BriefVersion.objects.get()
    assert (version.number, version.digest, version.created_by) == (1, brief.digest(), owner)
    assert manifest(cycle, "scoping") == before
    assert AuditEvent.objects.filter(action="brief.version_committed").count() == 1


def test_the_page_and_the_api_of_the_gate_commit_a_version_too(client: Client) -> None:
    owner, workload, brief = briefs.scene()
    client.force_login(owner)
    client.post(f"/workloads/{workload.ref}/gates/scoping/submit/")
    assert (state(workload), BriefVersion.objects.count()) == ("passed", 1)
    briefs.edit(brief, users="50 service desk agents")
    client.post(f"/api/v1/workloads/{workload.ref}/gates/scoping/submit", "{}", "application/json")
    assert (state(workload), BriefVersion.objects.count()) == ("passed", 2)


def test_a_refusal_at_the_gate_leaves_no_version() -> None:
    workload = lives.draft()
    with pytest.raises(NotReady):
        lifecycle.submit_phase(
            actor=workload.owner, cycle=current_cycle(workload), phase_key="scoping"
        )
    assert not BriefVersion.objects.exists()


def test_typing_on_after_the_gate_makes_no_versions_of_half_a_sentence() -> None:
    owner, workload, brief = briefs.scene()
    services.submit_brief(actor=owner, workload=workload)
    for words in ("50", "50 service", "50 service desk agents"):
        briefs.edit(brief, users=words)
    assert [version.number for version in BriefVersion.objects.all()] == [1]
    services.submit_brief(actor=owner, workload=workload)
    assert [version.number for version in BriefVersion.objects.all()] == [2, 1]


def test_whoever_edited_a_material_answer_cannot_vote() -> None:
    owner, workload, brief = briefs.scene(tier=2)
    helper = people.person("Helper")
    lifecycle.add_member(actor=owner, workload=workload, user=helper, role="contributor")
    briefs.edit(brief, actor=helper, users="others")
    assert helper.pk in contributors(current_cycle(workload), "scoping")
    assert helper.pk in set(phase("scoping").contributors(current_cycle(workload)))


def test_another_tier_for_the_same_answers_is_the_next_version() -> None:
    owner, workload, brief = briefs.scene()
    cycle = current_cycle(workload)
    services.submit_brief(actor=owner, workload=workload)
    reviewer = people.reviewer("risk", "business")
    services.raise_tier(actor=reviewer, workload=workload, tier=2, reason="It is seen. " * 10)
    assert [(one.number, one.draft, one.tier) for one in editions_of(cycle)] == [
        (2, True, 2),
        (1, False, 1),
    ]
    briefs.edit(brief, **briefs.TIER_2 | {"data_class": "internal"})
    before = manifest(cycle, "scoping")
    services.submit_brief(actor=owner, workload=workload)
    services.commit_version(actor=owner, cycle=cycle)
    assert manifest(cycle, "scoping") == before
    found = BriefVersion.objects.order_by("number")
    assert [(one.number, one.tier) for one in found] == [(1, 1), (2, 2)]


def test_a_tier_decided_anew_commits_a_version_although_no_answer_changed() -> None:
    owner, workload, _ = briefs.scene(tier=2)
    cycle = current_cycle(workload)
    first = services.commit_version(actor=owner, cycle=cycle)
    reviewer = people.reviewer("risk")
    services.raise_tier(actor=reviewer, workload=workload, tier=3, reason="It is seen. " * 10)
    second = services.commit_version(actor=owner, cycle=cycle)
    assert (second.number, second.tier, second.digest) == (2, 3, first.digest)
    assert services.commit_version(actor=owner, cycle=cycle) == second
