"""A few-shot example that the golden dataset holds is told while the prompt is being written."""

from typing import Any

import pytest

from evaluations.datasets import services
from evaluations.datasets.checks import findings
from evaluations.datasets.leaks import leaks
from evaluations.datasets.phase import few_shot_checks
from evaluations.datasets.selectors import draft_revisions
from tests.factories import datasets, lives, people
from tests.factories import prompts as factory
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.lifecycle.services import add_member
from workloads.prompts.content import EMPTY
from workloads.prompts.selectors import lint_of

pytestmark = pytest.mark.django_db


def content(*inputs: Any) -> dict[str, Any]:
    names = list(datasets.ticket(1)["input"])
    return {
        **EMPTY,
        "user_template": "\n".join(f"{name}: {{{{ {name} }}}}" for name in names),
        "variables": [{"name": name, "source": "user"} for name in names],
        "few_shot": [{"input": given, "output": "PRAISE"} for given in inputs],
    }


def rendered(given: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in given.items())


def scene() -> tuple[Workload, Any]:
    workload = lives.draft()
    return workload, datasets.golden(workload.owner, workload, 6)


def test_the_same_values_are_found_as_an_object_and_as_the_message_they_make() -> None:
    _, golden = scene()
    given = datasets.ticket(3)["input"]
    shouted = rendered(given).upper().replace(" ", "  ")

    found = leaks(content(given, rendered(given), shouted, "Something else entirely"), golden)

    assert [(leak.index, leak.key, leak.exact) for leak in found] == [
        (0, "t-0003", True),
        (1, "t-0003", True),
        (2, "t-0003", True),
    ]


def test_one_that_is_only_reworded_is_near() -> None:
    _, golden = scene()
    reworded = rendered(datasets.ticket(3)["input"]) + " !!"

    found = leaks(content(reworded), golden)

    assert [leak.exact for leak in found] == [False]
    assert 88 <= found[0].alike < 100


def test_the_lint_list_of_the_prompt_tells_it_before_anything_is_committed() -> None:
    workload, _golden = scene()
    draft = content(datasets.ticket(3)["input"], rendered(datasets.ticket(4)["input"]) + " !!")

    found = {p.field: p for p in lint_of(workload, None, draft) if p.field.startswith("few_shot[")}

    assert found["few_shot[0]"].code == "in_golden_dataset"
    assert "t-0003" in found["few_shot[0]"].message
    assert found["few_shot[1]"].code == "near_golden_dataset"


def test_only_a_same_one_keeps_the_gate_shut() -> None:
    workload, golden = scene()
    near = rendered(datasets.ticket(3)["input"]) + " !!"
    changes = {key: value for key, value in content(near).items() if key != "params"}
    factory.commit(
        workload, **{**changes, "persona": "You sort.", "instructions": "Name the category."}
    )

    check = few_shot_checks(current_cycle(workload))[0]

    assert check.state == CheckState.PASS
    assert "much like one" in check.detail

    # that a text comes near to what is held out is not told: it would be a way to guess at it
    curator = people.person("Curator")
    add_member(actor=workload.owner, workload=workload, user=curator, role="contributor")
    services.change_examples(actor=curator, dataset=golden.dataset, keys=["t-0003"], act="hold_out")
    check = few_shot_checks(current_cycle(workload))[0]
    assert (check.state, check.detail) == (CheckState.PASS, "")
    assert not [p for p in lint_of(workload, None, content(near)) if "golden" in p.code]
    same = content(datasets.ticket(3)["input"])
    assert [p.code for p in lint_of(workload, None, same) if "golden" in p.code] == [
        "in_golden_dataset"
    ]
    found = findings(golden.dataset, draft_revisions(golden.dataset))
    assert "in_few_shot" not in [one.code for one in found]
    assert "held_out_few" in [one.code for one in found]


def test_without_a_golden_dataset_there_is_nothing_to_tell() -> None:
    workload = lives.draft()

    assert not [p for p in lint_of(workload, None, content("x")) if "golden" in p.code]
