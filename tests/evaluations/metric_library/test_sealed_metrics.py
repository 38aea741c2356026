"""Declared metrics in plans and runs: sealed by digest, measured and summed up like any other."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from evaluations.metric_library import services
from evaluations.metrics import registry
from evaluations.metrics.declared import Declaration
from evaluations.runs.models import Score
from evaluations.runs.plan import RunPlan
from evaluations.runs.planning import metric_pin
from evaluations.runs.runtime import PlanBroken, workbench
from evaluations.scorecards.document import build
from evaluations.scorecards.loading import rows_of
from evaluations.scorecards.options import metric_options
from portal.common.errors import Invalid, NotReady
from tests.evaluations.runs.conftest import drive, gateway
from tests.evaluations.scorecards.rows import facts
from tests.factories import people, runs
from tests.stubs.gateway import StubGateway
from workloads.lifecycle import measures

__all__ = ["drive", "gateway"]

FIELD, KEY = {"field": "category"}, "classification:category"
VOWEL = Declaration("regex", "found", "[aeiou]")


def declared(name: str = "vowel", declaration: Declaration = VOWEL) -> str:
    made = services.declare_metric(
        actor=people.administrator(), name=name, label="Has a vowel", declaration=declaration
    )
    return made.name


@pytest.mark.django_db(transaction=True)
def test_a_run_with_a_declared_metric_is_measured_and_summed_up(
    gateway: StubGateway, drive: Callable[..., Any]
) -> None:
    # given a plan with a declared metric beside one that has figures over all answers
    name = declared()
    scene = runs.scene(6, ("alpha",))
    pins = [metric_pin(name), metric_pin("classification", FIELD), metric_pin("refusal")]
    run = scene.start(metrics=pins)
    # when it is driven and read for its scorecard
    drive(run)
    found = rows_of(run)
    plan = RunPlan.from_json(run.plan)
    document = build(plan, facts(("alpha",)), found.examples, found.rows)
    # then the plan seals the definition, each result has its score, and the summary its counts
    assert run.plan["metrics"][0]["digest"] == VOWEL.digest()
    assert run.plan["metrics"][0]["origin"] == "declared"
    assert "digest" not in run.plan["metrics"][1]
    assert plan.digest() == run.digest
    assert Score.objects.filter(result__run=run, metric=name, outcome="scored").count() == 6
    summary = document["candidates"][0]["measures"][KEY]["summary"]
    assert sum(sum(row["cells"]) for row in summary["tables"][0]["rows"]) == 6
    rates = document["candidates"][0]["measures"]["refusal"]["summary"]["figures"]
    assert {one["key"] for one in rates} >= {"over_refusal", "harmful_compliance"}


@pytest.mark.django_db
def test_a_plan_whose_definition_is_another_one_cannot_be_used() -> None:
    name = declared()
    plan = runs.scene(3, ("alpha",)).plan(metrics=[metric_pin(name)], cap=Decimal(1))
    other = replace(plan.metrics[0], digest="sha256:another")

    assert workbench(plan).metrics[0].metric.name == name
    with pytest.raises(PlanBroken, match="not as it was pinned"):
        workbench(replace(plan, metrics=(other,)))


@pytest.mark.django_db
def test_the_newest_version_is_pinned_and_the_first_one_stays() -> None:
    name = declared()
    first = metric_pin(name)
    services.declare_version(
        actor=people.administrator(), name=name, label="Has an a",
        declaration=Declaration("regex", "found", "a"),
    )  # fmt: skip

    assert (first.version, metric_pin(name).version) == (1, 2)
    assert registry.get(name, 1).digest == first.digest
    assert registry.versions_of(name) == [1, 2]
    with pytest.raises(Invalid, match="no metric"):
        metric_pin("own_other")


@pytest.mark.django_db
def test_a_declared_metric_is_offered_to_runs_and_to_kpis_until_it_is_retired() -> None:
    name = declared()
    scene = runs.scene(3, ("alpha",))
    examples = workbench(scene.plan()).examples

    assert name in [one.token for one in metric_options(examples, None)]
    assert measures.measure(name) is not None
    services.retire_metric(
        actor=people.administrator(), name=name, reason="Vowels mean nothing to us."
    )
    assert name not in [one.token for one in metric_options(examples, None)]
    assert measures.measure(name) is None
    assert registry.get(name, 1).name == name


@pytest.mark.django_db
def test_results_of_a_metric_that_is_gone_say_what_to_install() -> None:
    run = runs.scene(3, ("alpha",)).start()
    run.plan["metrics"][0]["name"] = "acme_gone"

    with pytest.raises(NotReady, match="acme_gone"):
        rows_of(run)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [None, 5, [], {"a": 1}, "missing"])
@pytest.mark.parametrize("field", ["name", "label", "description", "definition"])
def test_the_api_names_the_field_that_is_wrong(field: str, wrong: object) -> None:
    body = {
        "name": "ticket_number", "label": "Ticket number", "description": "",
        "definition": {"kind": "regex", "comparator": "found", "value": "a+"}, field: wrong,
    }  # fmt: skip
    if wrong == "missing":
        del body[field]
    client = Client()
    client.force_login(people.administrator())
    answer = client.post("/api/v1/metrics", body, content_type="application/json")
    assert answer.status_code == (201 if (field, wrong) == ("description", "missing") else 400)
