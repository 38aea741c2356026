"""What is wrong with a prompt is said by field, before it can be committed."""

from typing import Any

import pytest

from workloads.prompts.content import EMPTY
from workloads.prompts.lint import problems

GOOD: dict[str, Any] = {
    **EMPTY,
    "persona": "You sort support tickets.",
    "instructions": "Name the queue.",
    "user_template": "{{ subject }}",
    "variables": [{"name": "subject", "source": "user", "sample": "Refund"}],
}
SCHEMA = {
    "type": "object",
    "required": ["category"],
    "properties": {"category": {"type": "string"}},
}


def test_a_good_prompt_has_no_problem() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"persona": " "}, "persona", "blank"),
        ({"instructions": "x" * 100_001}, "instructions", "max_length"),
        ({"instructions": "{{ plan }}"}, "instructions", "unknown_variable"),
        ({"instructions": "{{ plan"}, "instructions", "template"),
        ({"instructions": "use sk-" + "a1" * 12}, "instructions", "secret_detected"),
        (
            {"guardrails": [{"kind": "pii", "text": "AKIA" + "A" * 16}]},
            "guardrails[0]",
            "secret_detected",
        ),
        ({"output_format": "yaml"}, "output_format", "choice"),
        ({"output_schema": SCHEMA}, "output_format", "contradiction"),
        ({"output_format": "json", "output_schema": []}, "output_schema", "invalid"),
        ({"output_format": "json", "output_schema": {"type": 7}}, "output_schema", "invalid"),
        (
            {"output_format": "json", "output_schema": {"$ref": "http://x/y"}},
            "output_schema",
            "remote_ref",
        ),
        (
            {"output_format": "json", "output_schema": {"$ref": "#/nope"}},
            "output_schema",
            "remote_ref",
        ),
        (
            {"output_format": "json", "output_schema": {"pattern": "(a)\\1"}},
            "output_schema",
            "pattern",
        ),
        ({"params": {**EMPTY["params"], "temperature": 3}}, "params.temperature", "out_of_range"),
        ({"params": {**EMPTY["params"], "max_tokens": None}}, "params.max_tokens", "blank"),
        ({"params": {**EMPTY["params"], "stop": ["x"] * 5}}, "params.stop", "out_of_range"),
        (
            {"few_shot": [{"input": "AKIA" + "A" * 16, "output": ""}]},
            "few_shot[0]",
            "secret_detected",
        ),
        ({"few_shot": [{"input": "x", "output": "y"}] * 21}, "few_shot", "max_length"),
        ({"variables": [{"name": "a b", "source": "user"}]}, "variables[0]", "name"),
        ({"variables": [{"name": "subject"}, {"name": "subject"}]}, "variables", "duplicate"),
        ({"guardrails": [{"kind": "manners", "text": "Be nice."}]}, "guardrails[0]", "choice"),
    ],
)
def test_a_problem_names_its_field(change: dict[str, Any], field: str, code: str) -> None:
    found = problems({**GOOD, **change})

    assert (field, code) in [(p.field, p.code) for p in found if p.blocks]


@pytest.mark.parametrize(("output", "code"), [("not json", "not_json"), ('{"queue": 1}', "schema")])
def test_few_shot_outputs_follow_the_schema(output: str, code: str) -> None:
    shots = [{"input": "x", "output": output}]

    found = problems({**GOOD, "output_format": "json", "output_schema": SCHEMA, "few_shot": shots})

    assert ("few_shot[0]", code) in [(p.field, p.code) for p in found]


def test_an_unused_variable_is_told_but_does_not_block() -> None:
    spare = {"name": "plan", "source": "user", "sample": "pro"}

    found = problems({**GOOD, "variables": [*GOOD["variables"], spare]})

    assert [(p.code, p.blocks) for p in found] == [("unused_variable", False)]
