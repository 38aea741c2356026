"""Starting the evaluation: what is compared, and what keeps it from starting."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.enums import EntryStatus
from evaluations.runs.enums import RunPurpose
from evaluations.runs.plan import RunPlan
from evaluations.scorecards.document.floors import Floor
from evaluations.scorecards.options import MetricChoice
from evaluations.scorecards.services.baseline import Baseline
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import datasets, lives, people, scorecards
from tests.factories.scorecards import METRICS, accurate, finish
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db


def test_every_candidate_gets_the_same_plan_and_the_floors_are_sealed_in_it() -> None:
    # given a workload that is ready
    scene = scorecards.scene()
    # when the owner starts the evaluation
    run = scene.start()
    # then each candidate of the shortlist is asked each example with the candidate prompt
    plan = RunPlan.from_json(run.plan)
    assert [pin.alias for pin in plan.candidates] == [e.gateway_alias for e in scene.entries]
    assert {pin.prompt_digest for pin in plan.candidates} == {scene.prompt.digest}
    assert plan.dataset_version.digest == scene.version.digest
    assert run.planned == 3 * 60
    assert run.purpose == RunPurpose.BASELINE
    # and what they are held to stands in the sealed plan, in the unit of the measure
    assert plan.notes["floors"] == [
        {
            "name": "Routed to the right queue",
            "key": "field_accuracy",
            "at": 0.8,
            "direction": "up",
            "source": "kpi",
        }
    ]
    assert plan.notes["limits"]["latency_p95_ms"] == 2000
    assert all(pin.price.price_out == 4 for pin in plan.candidates)


def test_a_metric_that_a_floor_is_about_is_measured_even_when_nobody_chose_it() -> None:
    # given metrics of which none is the KPI's
    scene = scorecards.scene()
    chosen = Baseline(metrics=[MetricChoice(n, {}) for n in ("json_valid", "refusal", "latency")])
    # when
    run = scene.start(baseline=chosen)
    # then
    assert "field_accuracy" in [one["name"] for one in run.plan["metrics"]]


def test_one_metric_with_two_arguments_is_two_measures() -> None:
    # given
    scene = scorecards.scene()
    fields = [MetricChoice("field_accuracy", {"field": f}) for f in ("category", "urgent")]
    # when
    card = scene.scorecard(baseline=Baseline(metrics=[*fields, MetricChoice("refusal", {})]))
    # then
    keys = [one["key"] for one in card.document["measures"]]
    assert {"field_accuracy:category", "field_accuracy:urgent"} <= set(keys)


@pytest.mark.parametrize(
    ("baseline", "field", "code"),
    [
        (Baseline(metrics=[MetricChoice("refusal", {})]), "metrics", "too_few"),
        (Baseline(metrics=[*METRICS, METRICS[0]]), "metrics", "duplicate"),
        (
            Baseline(metrics=[*METRICS, MetricChoice("rouge_l", {})]),
            "metrics",
            "not_applicable",
        ),
        (Baseline(metrics=[*METRICS, MetricChoice("no_such", {})]), "metrics", "invalid"),
        (Baseline(metrics=METRICS, reference="nobody"), "reference", "choice"),
        (Baseline(metrics=METRICS, weights={"speed": 1.0}), "weights", "choice"),
        (Baseline(metrics=METRICS, weights={"json_valid": -1.0}), "weights", "out_of_range"),
        (Baseline(metrics=METRICS, repeats=11), "repeats", "out_of_range"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_the_field(
    baseline: Baseline, field: str, code: str
) -> None:
    # given
    scene = scorecards.scene(n=10, candidates=2)
    # when
    with pytest.raises(Invalid) as refused:
        scene.start(baseline=baseline)
    # then
    assert (field, code) in [(one.field, one.code) for one in refused.value.errors]


def test_the_cap_is_an_amount_within_the_policy() -> None:
    scene = scorecards.scene(n=10, candidates=2)
    for cap in (Decimal(0), Decimal(-1), Decimal(501), Decimal("NaN")):
        with pytest.raises(Invalid) as refused:
            scene.start(cap=cap)
        assert refused.value.errors[0].field == "cap"


def test_what_is_missing_is_named_with_the_page_that_has_it() -> None:
    # given a workload with nothing but a brief
    owner = people.person("Owner")
    workload = lives.draft(owner)
    scene = scorecards.Scene(owner, workload, None, None, [])  # type: ignore[arg-type]
    # when and then
    with pytest.raises(NotReady) as refused:
        scene.start()
    assert refused.value.code == "no_dataset"
    assert refused.value.link == f"/workloads/{workload.ref}/datasets/"
    # given a dataset
    datasets.golden(owner, workload, 10)
    with pytest.raises(NotReady) as refused:
        scene.start()
    assert refused.value.code == "no_prompt"
    # given a prompt
    scorecards.write_prompt(workload, owner)
    with pytest.raises(NotReady) as refused:
        scene.start()
    assert refused.value.code == "no_shortlist"


def test_a_prompt_that_the_examples_do_not_fit_costs_no_call() -> None:
    # given a prompt that asks for a value no example has
    scene = scorecards.scene(n=10, candidates=2)
    variables = [
        *scorecards.CONTENT["variables"],
        {"name": "history", "type": "text", "required": True, "source": "user", "sample": "none"},
    ]
    scorecards.write_prompt(
        scene.workload, scene.owner, variables=variables, user_template="{{ history }} {{ body }}"
    )
    # when
    with pytest.raises(NotReady) as refused:
        scene.start()
    # then
    assert refused.value.code == "prompt_does_not_fit"
    assert "history" in refused.value.message
    assert not scene.workload.runs.exists()


def test_a_model_that_may_not_be_called_any_more_is_refused() -> None:
    # given
    scene = scorecards.scene(n=10, candidates=2)
    entry = scene.entries[1]
    entry.status = EntryStatus.BLOCKED
    entry.save()
    # when
    with pytest.raises(Invalid) as refused:
        scene.start()
    # then
    assert entry.gateway_alias in refused.value.message


def test_the_very_same_comparison_again_needs_a_reason() -> None:
    # given a comparison that is complete
    scene = scorecards.scene(n=10, candidates=2)
    finish(scene.start(), accurate(scene.accuracies()))
    # when it is started again, cheaper and slower but the same
    with pytest.raises(Invalid) as refused:
        scene.start(cap=Decimal(5), concurrency=2)
    # then a reason is asked for, and kept with the run
    assert refused.value.errors[0].field == "reason"
    reason = "The gateway was restarted in the middle of it."
    again = scene.start(reason=reason)
    assert again.plan["notes"]["reason"] == reason


def test_a_comparison_with_another_floor_is_another_comparison() -> None:
    # given
    scene = scorecards.scene(n=10, candidates=2)
    finish(scene.start(), accurate(scene.accuracies()))
    stricter = replace(
        Baseline(metrics=METRICS), floors=(Floor("Valid", "json_valid", 0.9, source="given"),)
    )
    # when and then no reason is needed
    assert scene.start(baseline=stricter).number == 2


def test_a_third_run_at_once_is_refused() -> None:
    scene = scorecards.scene(n=10, candidates=2)
    for seed in (1, 2):
        scene.start(baseline=Baseline(metrics=METRICS, seed=seed))
    with pytest.raises(Conflict) as refused:
        scene.start(baseline=Baseline(metrics=METRICS, seed=3))
    assert refused.value.code == "too_many_runs"


def test_only_the_owner_and_contributors_start_a_run() -> None:
    # given people around a workload
    scene = scorecards.scene(n=10, candidates=2)
    observer, contributor = people.person("Observer"), people.person("Contributor")
    for user, role in ((observer, MemberRole.OBSERVER), (contributor, MemberRole.CONTRIBUTOR)):
        add_member(actor=scene.owner, workload=scene.workload, user=user, role=role)
    # when and then
    for user in (people.stranger(), observer, people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            scene.start(actor=user)
    assert scene.start(actor=contributor).created_by == contributor
