"""Which metrics are proposed for a dataset, and with which arguments."""

from typing import Any
from uuid import uuid4

import pytest

from evaluations.datasets.versioned import VersionedExample
from evaluations.metrics.types import ExampleView
from evaluations.scorecards.document.measures import keys_of
from evaluations.scorecards.options import chosen, metric_options
from tests.evaluations.scorecards.rows import pin

pytestmark = pytest.mark.django_db


def example(expected: Any, **more: Any) -> VersionedExample:
    """Return one example with what it expects."""
    view = ExampleView(key="k", kind="typical", input={"text": "a"}, expected=expected, **more)
    return VersionedExample(uuid4(), 1, {"text": "a"}, view)


def proposed(*examples: VersionedExample, prompt: dict[str, Any] | None = None) -> list[str]:
    """Return the tokens that are ticked at first."""
    return [one.token for one in metric_options(examples, prompt) if one.usual]


def test_fields_are_measured_one_by_one_and_together() -> None:
    found = proposed(*[example({"category": "A", "plan": "B"})] * 4)
    assert found == [
        "field_accuracy", "field_accuracy:category", "field_accuracy:plan", "json_valid",
        "refusal", "latency", "cost",
    ]  # fmt: skip


def test_texts_are_measured_by_likeness() -> None:
    assert proposed(*[example("Paris")] * 4) == [
        "normalised_match", "contains", "token_f1", "refusal", "latency", "cost",
    ]  # fmt: skip


def test_a_field_of_few_examples_is_offered_and_not_proposed() -> None:
    examples = [example({"category": "A"})] * 9 + [example({"category": "A", "note": "x"})]
    options = metric_options(examples, None)
    assert "field_accuracy:note" not in proposed(*examples)
    assert [one.applies for one in options if one.token == "field_accuracy:note"] == [1]


def test_the_prompt_gives_its_schema_and_its_words_of_refusal() -> None:
    schema = {"type": "object", "required": ["category"]}
    prompt = {"output_schema": schema, "refusal_text": "I only sort tickets."}
    options = metric_options([example({"category": "A"})], prompt)
    by_token = {one.token: one.choice for one in options}
    assert by_token["json_valid"].arguments["schema"] == schema
    assert by_token["refusal"].arguments["phrases"] == ["I only sort tickets."]


def test_a_schema_that_cannot_be_read_leaves_the_check_for_json() -> None:
    prompt = {"output_schema": {"type": "no such type"}, "refusal_text": "{{ words }}"}
    options = metric_options([example({"category": "A"})], prompt)
    by_token = {one.token: one.choice for one in options}
    assert by_token["json_valid"].arguments["schema"] is None
    assert by_token["refusal"].arguments["phrases"] == []


def test_what_no_example_can_be_scored_by_is_not_offered() -> None:
    tokens = [one.token for one in metric_options([example({"category": "A"})], None)]
    assert "rouge_l" not in tokens
    with pytest.raises(KeyError):
        chosen(metric_options([example("Paris")], None), ["json_schema"])


def test_each_metric_of_a_plan_has_a_key_of_its_own() -> None:
    long_field = "a" * 200
    keys = keys_of(
        [
            pin("field_accuracy"),
            pin("field_accuracy", field="category"),
            pin("normalised_match", normaliser="squad"),
            pin("normalised_match", normaliser="unicode"),
            pin("field_accuracy", field=long_field),
            pin("latency"),
            pin("latency", part="first_token"),
            pin("cost"),
        ]
    )
    assert keys[:4] == [
        "field_accuracy", "field_accuracy:category", "normalised_match", "normalised_match#2",
    ]  # fmt: skip
    assert len(keys[4]) <= 80
    assert keys[5:] == ["latency_p95", "first_token_p95", "cost_per_request"]


def test_classes_are_offered_where_few_labels_come_back() -> None:
    examples = [
        example({"category": "AB"[number % 2], "note": f"text {number}"}) for number in range(8)
    ]
    options = {one.token: one for one in metric_options(examples, None)}
    assert options["classification:category"].choice.arguments["labels"] == ["A", "B"]
    assert not options["classification:category"].usual
    assert "classification:note" not in options
    assert "classification" not in options
