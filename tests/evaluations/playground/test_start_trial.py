"""Starting a trial: what was chosen is checked, priced before anything is called, and sealed."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from catalog.enums import EntryStatus
from evaluations.datasets import services as dataset_services
from evaluations.playground import services
from evaluations.playground.models import Trial, TrialCell
from evaluations.playground.plan import TrialPlan
from evaluations.runs.models import Run
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, Invalid
from tests.factories import catalog, datasets, people, playground, prompts
from workloads.lifecycle.services import add_member
from workloads.prompts.models import Prompt

pytestmark = pytest.mark.django_db


def wrong(scene: playground.Scene, *, cap: str = "1", **more: Any) -> tuple[str, str, str]:
    """Return field, code and message of the first reason why a trial is refused."""
    with pytest.raises(Invalid) as refused:
        scene.start(cap=cap, **more)
    assert not Trial.objects.exists()
    first = refused.value.errors[0]
    return first.field, first.code, first.message


def test_a_started_trial_is_sealed_laid_out_and_noted_and_is_no_run() -> None:
    # given
    scene = playground.scene()
    # when
    trial = scene.start(cap="0.5")
    # then every model stands beside every prompt on every input, each with its worst case
    cells = list(TrialCell.objects.filter(trial=trial))
    assert [(one.column, one.input.label) for one in cells] == [
        (0, "t-0000"), (1, "t-0000"), (0, "t-0001"), (1, "t-0001"),
    ]  # fmt: skip
    assert all(one.estimate_micro > 0 for one in cells)
    assert trial.worst_case_micro == sum(one.estimate_micro for one in cells)
    assert trial.cap_micro == 500_000
    plan = TrialPlan.from_json(Trial.objects.get().plan)
    assert plan.digest() == trial.digest
    assert plan.prompts[0].content["user_template"] == "{{ subject }}\n\n{{ body }}"
    assert {one.pin.name for one in plan.prompts[0].metrics} >= {"field_accuracy", "refusal"}
    event = AuditEvent.objects.get(action="trial.started")
    assert (event.actor_id, event.subject_ref) == (scene.owner.pk, str(trial.pk))
    assert not Run.objects.exists()


def test_the_database_refuses_to_change_what_is_tried() -> None:
    trial = playground.scene().start()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(cap_micro=9_000_000)


def test_a_draft_is_tried_as_it_was_when_the_trial_started() -> None:
    # given a draft that says something else than version 1
    scene = playground.scene()
    Prompt.objects.filter(workload=scene.workload).update(
        draft=prompts.content(user_template="Draft: {{ subject }}")
    )
    # when it is tried beside the version, and then changed
    trial = scene.start(prompts=("draft", "1"))
    Prompt.objects.filter(workload=scene.workload).update(draft=prompts.content())
    # then the trial holds the text that was tried
    plan = TrialPlan.from_json(Trial.objects.get(pk=trial.pk).plan)
    assert [(one.label, one.number) for one in plan.prompts] == [("Draft", None), ("Version 1", 1)]
    assert plan.prompts[0].content["user_template"] == "Draft: {{ subject }}"
    assert len(plan.columns) == 4


def test_typed_values_are_an_input_beside_examples() -> None:
    scene = playground.scene()
    trial = scene.start(typed=({"subject": "Money", "body": "Give it back"},))
    rows = list(trial.inputs.all())
    assert [(one.label, one.revision is None) for one in rows] == [
        ("t-0000", False), ("t-0001", False), ("typed", True),
    ]  # fmt: skip
    assert rows[-1].typed == {"subject": "Money", "body": "Give it back"}


def test_the_outlook_says_what_it_costs_at_most_and_keeps_nothing() -> None:
    scene = playground.scene()
    ready = services.outlook(
        actor=scene.owner, workload=scene.workload, selection=scene.selection()
    )
    trial = scene.start()
    assert ready.calls == 4
    assert ready.worst_case == Decimal(trial.worst_case_micro) / 1_000_000


def test_a_cap_under_the_worst_case_is_refused_with_both_amounts() -> None:
    field, code, message = wrong(playground.scene(), cap="0.0001")
    assert (field, code) == ("cap", "below_worst_case")
    assert "4 calls can cost $" in message


@pytest.mark.parametrize("cap", ["0.0000001", "0.0000005", "1e-999999"])
def test_a_cap_that_rounds_to_nothing_is_refused_even_for_a_free_model(cap: str) -> None:
    # given a model that costs nothing, so that no worst case is above the cap
    scene = playground.scene()
    catalog.add_price(catalog.entry("free", price=None), "0", "0")
    # when its cap is less than the smallest amount that is kept
    field, code, message = wrong(scene, models=("free",), cap=cap)
    # then the answer names the smallest one, and that one does
    assert (field, code) == ("cap", "out_of_range")
    assert "at least 0.000001" in message
    assert scene.start(models=("free",), cap="0.000001").cap_micro == 1


@pytest.mark.parametrize("cap", ["0", "-1", "5.0001", "NaN", "Infinity"])
def test_a_cap_outside_the_policy_is_refused(cap: str) -> None:
    assert wrong(playground.scene(), cap=cap)[:2] == ("cap", "out_of_range")


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ({"models": ()}, "models", "required"),
        ({"models": ("alpha", "alpha")}, "models", "duplicate"),
        ({"models": ("alpha", "gamma")}, "models", "choice"),
        ({"models": ("al\x00pha",)}, "models", "choice"),
        ({"models": ("\ud800",)}, "models", "choice"),
        ({"models": tuple("abcde")}, "models", "too_many"),
        ({"prompts": ()}, "prompts", "required"),
        ({"prompts": ("7",)}, "prompts", "choice"),
        ({"prompts": ("1", "2", "3", "4")}, "prompts", "too_many"),
        ({"prompts": ("\x00",)}, "prompts", "choice"),
        ({"examples": ()}, "examples", "required"),
        ({"examples": ("nobody",)}, "examples", "choice"),
        ({"examples": ("a\x00b",)}, "examples", "choice"),
        ({"examples": tuple(f"t-{n:04d}" for n in range(11))}, "examples", "too_many"),
        ({"dataset": ""}, "dataset", "required"),
        ({"dataset": "DS-9999"}, "dataset", "choice"),
        ({"dataset": "\x00"}, "dataset", "choice"),
        ({"typed": ({"nothing": "x"},)}, "inputs", "unknown_field"),
        ({"typed": ({},)}, "inputs", "invalid"),
        ({"typed": ({"subject": 3},)}, "inputs", "invalid"),
        ({"typed": ({"subject": "x" * 60_001},)}, "inputs", "max_length"),
        ({"typed": ({"subject": "a\x00b"},)}, "inputs", "null_character"),
    ],
)
def test_what_cannot_be_chosen_is_refused_beside_its_field(
    more: dict[str, Any], field: str, code: str
) -> None:
    assert wrong(playground.scene(), **more)[:2] == (field, code)


def test_more_calls_than_the_policy_allows_are_refused() -> None:
    # given four models, three prompts and six inputs: each number is allowed by itself
    scene = playground.scene(6, ("a", "b", "c", "d"))
    for _ in range(2):
        playground.runs.prompt(scene.owner, scene.workload)
    # then the product is not
    field, code, message = wrong(
        scene, prompts=("1", "2", "3"), examples=tuple(f"t-{n:04d}" for n in range(6))
    )
    assert (field, code) == ("examples", "too_many")
    assert "72 calls; a trial has at most 60" in message


@pytest.mark.parametrize(
    "tag", ["held-out", "held_out", "held out", "Held-Out", "HELDOUT", "held  out", "held–out"]
)
def test_an_example_that_is_held_out_cannot_be_chosen(tag: str) -> None:
    scene = playground.scene()
    datasets.fill(scene.owner, scene.version.dataset, datasets.ticket(50, tags=["typical", tag]))
    dataset_services.commit_version(actor=scene.owner, dataset=scene.version.dataset, note="more")
    field, code, message = wrong(scene, examples=("t-0050",))
    assert (field, code) == ("examples", "held_out")
    assert "t-0050 is held out" in message


def test_an_example_of_another_workload_cannot_be_chosen() -> None:
    scene, other = playground.scene(), playground.scene(3, ("gamma",))
    assert wrong(scene, dataset=other.version.dataset.ref)[:2] == ("dataset", "choice")


def test_a_model_that_may_not_see_the_data_is_refused_with_the_reason() -> None:
    scene = playground.scene()
    catalog.entry("open-air", max_data_class="public")
    field, code, message = wrong(scene, models=("open-air",))
    assert (field, code) == ("models", "ruled_out")
    assert "allowed up to public data" in message


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"status": EntryStatus.BLOCKED}, "lists it as blocked"),
        ({"trains_on_data": "yes"}, "trains on what it is sent"),
        ({"price": None}, "has no price in the catalog"),
    ],
)
def test_what_the_company_forbids_holds_in_the_playground_too(
    entry: dict[str, Any], words: str
) -> None:
    scene = playground.scene()
    catalog.entry("odd", **entry)
    assert words in wrong(scene, models=("odd",))[2]


def test_a_model_that_is_slower_than_the_brief_wishes_may_be_tried() -> None:
    scene = playground.scene()
    catalog.entry("slow", latency_p95_ms=60_000, capabilities=[])
    assert scene.start(models=("slow",)).pk


def test_models_of_two_currencies_are_not_compared() -> None:
    scene = playground.scene()
    euro = catalog.entry("euro", price=None)
    catalog.add_price(euro, "1", "2", "EUR")
    assert wrong(scene, models=("alpha", "euro"))[:2] == ("models", "currency")


def test_no_more_trials_at_once_than_the_policy_allows() -> None:
    scene = playground.scene()
    scene.start()
    scene.start()
    with pytest.raises(Conflict) as refused:
        scene.start()
    assert refused.value.code == "too_many_trials"


def test_only_owner_and_contributor_start_one() -> None:
    scene = playground.scene()
    contributor = people.person("Contributor")
    add_member(actor=scene.owner, workload=scene.workload, user=contributor, role="contributor")
    assert scene.start(actor=contributor).created_by == contributor
    for other in (people.reviewer("risk"), people.auditor(), people.stranger()):
        with pytest.raises(Forbidden):
            scene.start(actor=other)
