"""A KPI that a judge measures: named when the judge is usable, its floor in the run, its judge too."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.judges import services
from evaluations.judges.models import JudgeVersion
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.models import Scorecard
from portal.common.errors import Invalid
from portal.common.policy import policy
from tests.factories import briefs, catalog, judges, people
from tests.factories import scorecards as evaluations
from workloads.briefs import readiness
from workloads.briefs.selectors import brief_of
from workloads.briefs.services import SavedBrief, save_draft
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import MemberRole

pytestmark = pytest.mark.django_db
KEY = "judge:judge-one"


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy under which twelve labelled answers make a judge usable."""
    for name, value in {"labelled_min": 12, "rarer_min": 4, "two_raters_min": 12}.items():
        monkeypatch.setitem(policy().numbers["judges"], name, value)


def named(scene: evaluations.Scene, name: str = KEY, **more: Any) -> SavedBrief:
    """Save the brief with one KPI by ``name``, its floor at 60 %."""
    brief = brief_of(scene.cycle)
    rows = brief.kpi_rows()
    row = {**briefs.kpi(measured_by=name, floor="60"), "id": str(rows[0].pk)}
    return save_draft(
        actor=scene.owner,
        workload=scene.workload,
        row_version=brief.row_version,
        answers={},
        kpis=[row],
        **more,
    )


def calibrate(scene: evaluations.Scene, made: JudgeVersion) -> None:
    second = people.person("Second rater")
    lifecycle.add_member(
        actor=scene.owner, workload=scene.workload, user=second, role=MemberRole.CONTRIBUTOR
    )
    judges.calibrated(made, scene.owner, scene.owner, second)


def kpi_check(scene: evaluations.Scene) -> str:
    """Return what the gate of scoping says of the KPIs."""
    found = readiness.checks(brief_of(scene.cycle))
    return next(one.detail for one in found if one.code == "brief.kpis")


def page(scene: evaluations.Scene, name: str) -> str:
    client = Client()
    client.force_login(scene.owner)
    return client.get(reverse(name, args=[scene.workload.ref])).content.decode()


def test_a_kpi_by_a_judge_from_naming_it_to_its_verdict() -> None:
    # given a judge that nobody compared with people: it is refused with the reason, and not offered
    scene = evaluations.scene(n=10, candidates=2, floor=None)
    made = judges.version(scene.owner, scene.workload, entry=catalog.entry(price=("1", "4")))
    [wrong] = named(scene).kpi_problems.values()
    assert wrong["measured_by"].message == (
        "The judge judge-one is advisory: Nobody has compared it with people yet."
    )
    with pytest.raises(Invalid) as refused:
        named(scene, strict=True)
    assert refused.value.errors[0].field == "kpis[0].measured_by"
    [wrong] = named(scene, "judge:nobody").kpi_problems.values()
    assert wrong["measured_by"].message == "This workload has no judge:nobody"
    assert "Judge: judge-one (share)" not in page(scene, "briefs:brief")

    # when it is calibrated, then it can be named, and the gate is content
    calibrate(scene, made)
    assert "Judge: judge-one (share)" in page(scene, "briefs:brief")
    assert not named(scene).kpi_problems
    assert "judge-one" not in kpi_check(scene)

    # and a run takes it along with its floor, for what it can cost at most
    evaluation = page(scene, "scorecards:evaluation")
    assert f'value="{made.pk}" class="form-check-input" id="id_judges_0" checked' in evaluation
    run = scene.start()
    plan = RunPlan.from_json(run.plan)
    assert [one.key for one in plan.judges] == [KEY]
    assert plan.judges[0].cap > Decimal(0)
    assert [(one["key"], one["at"]) for one in plan.notes["floors"]] == [(KEY, 0.6)]
    evaluations.finish(run, evaluations.accurate(scene.accuracies()))
    judges.judge(run, judges.by_words(["pass"]), judges.strict)
    card = Scorecard.objects.get(run=run)
    assert card.document["candidates"][0]["verdict"]["state"] == "meets"

    # but a version that nobody calibrated stops the next run, and stands at the gate
    services.make_version(
        actor=scene.owner,
        judge=made.judge,
        draft=judges.draft(made.calibration_set, made.entry, max_tokens=500),
    )
    assert "the judge judge-one is advisory" in kpi_check(scene)
    assert not named(scene).kpi_problems
    with pytest.raises(Invalid, match="judge-one is advisory"):
        scene.start(reason="To see what a judge of another version says.")


def test_a_judge_of_another_workload_is_none_here() -> None:
    scene, other = (evaluations.scene(n=10, candidates=2, floor=None) for _ in range(2))
    made = judges.version(other.owner, other.workload, entry=catalog.entry(price=("1", "4")))
    calibrate(other, made)

    [wrong] = named(scene).kpi_problems.values()

    assert wrong["measured_by"].message == "This workload has no judge:judge-one"
    assert "Judge: judge-one (share)" not in page(scene, "briefs:brief")
