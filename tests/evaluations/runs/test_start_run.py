"""Starting a run: the plan is checked, sealed, and everything it needs is refused when missing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction

from evaluations.runs import planning, services
from evaluations.runs.enums import RunState
from evaluations.runs.models import Lease, Run
from evaluations.runs.plan import RunPlan
from evaluations.runs.runtime import PlanBroken
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import people, runs
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db


def test_a_started_run_is_queued_sealed_and_cut_into_leases() -> None:
    # given a plan of 20 examples and two candidates
    scene = runs.scene(20)
    plan = scene.plan()
    # when it is started
    run = services.start_run(actor=scene.owner, workload=scene.workload, plan=plan)
    # then the run holds the plan word for word and its leases hold every item once
    assert run.state == RunState.QUEUED
    assert run.digest == plan.digest()
    assert RunPlan.from_json(Run.objects.get(pk=run.pk).plan) == plan
    covered = [
        item
        for lease in Lease.objects.filter(run=run)
        for item in range(lease.first, lease.first + lease.count)
    ]
    assert sorted(covered) == list(range(40))
    assert sum(lease.estimate_micro for lease in Lease.objects.filter(run=run)) > 0


def test_the_database_refuses_to_change_a_sealed_plan() -> None:
    run = runs.scene(3, ("alpha",)).start()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(digest="sha256:other")


def test_a_model_without_a_price_cannot_be_run() -> None:
    # given a model that has no price
    scene = runs.scene(3, ("alpha",))
    free = runs.entry("unpriced", priced=False)
    # when somebody wants to plan with it
    with pytest.raises(Invalid) as refused:
        planning.model_candidate(free, scene.prompt)
    # then the answer says which one and what to do
    assert refused.value.errors[0].code == "price_missing"
    assert "unpriced has no price" in refused.value.message


def test_a_third_active_run_is_refused() -> None:
    scene = runs.scene(3, ("alpha",))
    scene.start()
    scene.start()
    with pytest.raises(Conflict) as refused:
        scene.start()
    assert refused.value.code == "too_many_runs"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cap": Decimal(0)}, "cap"),
        ({"cap": Decimal("NaN")}, "cap"),
        ({"cap": Decimal("0.0000005")}, "cap"),
        ({"cap": Decimal(501)}, "cap"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 1_000}, "concurrency"),
        ({"repeats": 11}, "repeats"),
        ({"timeout_seconds": 0.1}, "timeout_seconds"),
        ({"purpose": "fun"}, "purpose"),
        ({"candidates": []}, "candidates"),
        ({"metrics": []}, "metrics"),
    ],
)
def test_what_a_plan_may_not_ask_for_is_named(change: dict[str, object], field: str) -> None:
    scene = runs.scene(3, ("alpha",))
    plan = scene.plan()
    given = {**change}
    if "candidates" in given or "metrics" in given:
        given = dict.fromkeys(given, ())
    with pytest.raises(Invalid) as refused:
        services.start_run(
            actor=scene.owner,
            workload=scene.workload,
            plan=replace(plan, **given),  # type: ignore[arg-type]
        )
    assert refused.value.errors[0].field == field


def test_an_unknown_metric_and_a_wrong_argument_are_named() -> None:
    with pytest.raises(Invalid, match="no metric 'vibes'"):
        planning.metric_pin("vibes")
    with pytest.raises(Invalid, match="normaliser"):
        planning.metric_pin("normalised_match", {"normaliser": "best"})


def test_a_catalog_entry_that_changed_since_it_was_pinned_is_refused() -> None:
    scene = runs.scene(3, ("alpha",))
    plan = scene.plan()
    scene.entries[0].context_window = 64_000
    scene.entries[0].save()
    with pytest.raises(PlanBroken, match="has changed since it was pinned"):
        services.start_run(actor=scene.owner, workload=scene.workload, plan=plan)


def test_a_model_that_may_not_be_called_any_more_is_refused() -> None:
    scene = runs.scene(3, ("alpha",))
    scene.entries[0].status = "blocked"
    scene.entries[0].save()
    with pytest.raises(Invalid) as refused:
        scene.start()
    assert refused.value.errors[0].code == "not_usable"


def test_the_prompt_and_dataset_of_another_workload_are_refused() -> None:
    scene, other = runs.scene(3, ("alpha",)), runs.scene(3, ("beta",))
    theirs = planning.model_candidate(scene.entries[0], other.prompt)
    with pytest.raises(PlanBroken, match="not of this workload"):
        scene.start(candidates=[theirs])
    with pytest.raises(PlanBroken, match="not one of this workload"):
        scene.start(version=other.version)


def test_only_the_owner_and_contributors_start_runs() -> None:
    scene = runs.scene(3, ("alpha",))
    for person in (people.stranger(), people.auditor(), people.reviewer("risk")):
        with pytest.raises(Forbidden):
            services.start_run(actor=person, workload=scene.workload, plan=scene.plan())
    helper = people.person("Helper")
    add_member(actor=scene.owner, workload=scene.workload, user=helper, role="contributor")
    run = services.start_run(actor=helper, workload=scene.workload, plan=scene.plan())
    assert run.created_by == helper
