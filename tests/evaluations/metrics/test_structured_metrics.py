"""Structured answers: valid JSON, right fields, and schemas that try to do harm."""

import json
from typing import Any

import pytest

from evaluations.metrics.registry import ArgumentError, get, resolve_arguments, score
from evaluations.metrics.schemas import TooCostly, violations
from evaluations.metrics.strict_json import InvalidJson, parse, unfence
from evaluations.metrics.structured import VALID_AFTER_UNFENCING
from evaluations.metrics.types import Answer, ExampleView, Outcome, Score

SCHEMA = {
    "type": "object",
    "required": ["category"],
    "properties": {
        "category": {"enum": ["A", "B"]},
        "ref": {"type": "string", "pattern": "^Q-\\d+$"},
    },
    "additionalProperties": False,
}
TICKET = {"category": "A", "plan": None, "amount_usd": 24.99, "amount_ambiguous": False}


def valid(text: str, schema: Any = None) -> Score:
    view = ExampleView("k", "typical", {}, None)
    return score(get("json_valid"), view, Answer(text), {"schema": schema})


def fields(said: Any, expected: Any = TICKET, **arguments: Any) -> Score:
    text = said if isinstance(said, str) else json.dumps(said)
    view = ExampleView("k", "typical", {}, expected)
    return score(get("field_accuracy"), view, Answer(text), arguments)


def test_json_is_valid_or_says_why_not() -> None:
    assert valid('{"a": 1}').passed is True
    broken = valid("Here you are: {}")
    assert (broken.outcome, broken.value) == (Outcome.SCORED, 0.0)
    assert broken.detail == "not valid JSON: Expecting value at character 1"


def test_fenced_json_is_counted_apart_and_not_repaired() -> None:
    fenced = valid('```json\n{"category": "A"}\n```', SCHEMA)

    assert (fenced.passed, fenced.detail) == (False, VALID_AFTER_UNFENCING)
    assert valid('```json\n{"category": "C"}\n```', SCHEMA).detail.startswith(
        f"{VALID_AFTER_UNFENCING}, but against the schema: $.category"
    )
    assert "inside its fence" in valid("```\n{a}\n```").detail


def test_only_a_fence_around_everything_is_a_fence() -> None:
    assert unfence("  ```json\n[1]\n```\n") == "[1]"
    assert unfence("Sure!\n```json\n[1]\n```") is None
    assert unfence("```\n[1]\n```\nand\n```\n[2]\n```") is None
    assert unfence("[1]") is None
    assert unfence("```json [1]```") is None
    assert unfence("```\n" + " " * 500_000) is None


def test_the_schema_names_the_place() -> None:
    result = valid('{"category": "C", "ref": "x", "more": 1}', SCHEMA)

    assert result.passed is False
    for part in ("$.category", "$.ref: does not match the pattern", "'more' was unexpected"):
        assert part in result.detail


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 33 + "]" * 33,
        '{"a": NaN}',
        "[1e999]",
        "[-1e999]",
        "9" * 5_000,
        "[0." + "1" * 5_000 + "]",
        '{"a": 1, "a": 2}',
        "\ufeff{}",
        "",
        '"' + '\\"' * 200_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_json_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse(text)

    assert len(str(caught.value)) < 120


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    assert parse(json.dumps(["[" * 100, '\\"' + "{" * 100])) == ["[" * 100, '\\"' + "{" * 100]
    assert parse("[" * 32 + "]" * 32)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "https://example.com/s.json"}, "must stay in this schema"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "must stay in this schema"),
        ({"$ref": "#/$defs/nowhere"}, "leads nowhere"),
        ({"$dynamicRef": "#x"}, "not supported"),
        ({"patternProperties": {"(a+)+$": {}}}, "name the properties"),
        ({"pattern": "(?<=a)b"}, "RE2"),
        ({"pattern": "a" * 1_001}, "1,000 characters"),
        ({"properties": {"a": {"$id": "https://example.com/"}}}, "only at the top"),
        ({"type": "objekt"}, "type|valid"),
        ({"enum": ["x" * 70_000]}, "longer than"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_schema_that_cannot_be_used_is_refused_beforehand(schema: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        resolve_arguments(get("json_valid"), {"schema": schema})

    assert caught.value.field == "schema"


def test_a_deep_schema_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(40):
        schema = {"not": schema}

    with pytest.raises(ArgumentError, match="deeper than 16"):
        resolve_arguments(get("json_valid"), {"schema": schema})


def test_properties_may_be_named_like_keywords() -> None:
    schema = {"properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}}

    assert resolve_arguments(get("json_valid"), {"schema": schema})["schema"] == schema
    assert valid('{"$ref": 1}', schema).passed is False


def test_a_local_reference_and_a_tree_work() -> None:
    tree = {
        "$id": "https://example.com/tree",
        "$ref": "#/$defs/node",
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    }

    assert valid('{"next": {"next": {}}}', tree).passed is True
    assert valid('{"next": {"next": 1}}', tree).passed is False


def test_a_schema_that_refers_to_itself_or_multiplies_ends_as_an_error() -> None:
    doubling: dict[str, Any] = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)
    }
    doubling["d40"] = {"type": "object"}

    with pytest.raises(TooCostly):
        violations({"$ref": "#/$defs/d0", "$defs": doubling}, {})
    with pytest.raises(TooCostly):
        violations({"$ref": "#"}, {})
    assert valid("{}", {"$ref": "#"}).outcome is Outcome.ERROR


def test_an_evil_pattern_and_many_unhashable_items_end() -> None:
    evil = {"type": "string", "pattern": "^(a+)+$"}
    unique = {"uniqueItems": True}

    assert valid(json.dumps("a" * 60_000 + "b"), evil).passed is False
    assert valid(json.dumps([{"n": i} for i in range(40_000)]), unique).passed is True
    assert valid("[{}, {}]", unique).passed is False
    assert valid("[1, true, 0, false]", unique).passed is True
    assert valid("[1, 1.0]", unique).passed is False


def test_field_accuracy_is_the_share_of_expected_fields() -> None:
    said = {"category": "A", "plan": "pro", "amount_usd": 24.990000000001, "extra": 1}

    result = fields(said)

    assert result.value == pytest.approx(0.5)
    assert result.passed is False
    assert result.detail == (
        'plan: expected null, got "pro"; amount_ambiguous: expected false, is missing'
    )
    assert fields(TICKET).passed is True


def test_types_count_but_not_the_way_a_number_is_written() -> None:
    assert fields({"n": 1.0}, {"n": 1}).value == 1.0
    assert fields({"n": "1"}, {"n": 1}).value == 0.0
    assert fields({"n": True}, {"n": 1}).value == 0.0
    assert fields({"n": 10.4}, {"n": 10}, rel_tol=0.05).value == 1.0
    assert fields({"n": 0.01}, {"n": 0}, abs_tol=0.05).value == 1.0


def test_nested_fields_and_lists_go_by_path() -> None:
    expected = {"customer": {"name": "Ana"}, "lines": [{"sku": "A"}, {"sku": "B"}], "tags": []}
    said = {"customer": {"name": "Ana"}, "lines": [{"sku": "A"}, {"sku": "C"}], "tags": []}

    assert fields(said, expected).value == pytest.approx(0.75)
    assert fields(said, expected, field="customer").value == 1.0
    assert fields(said, expected, field="lines").value == 0.0
    assert fields(said, expected, field="lines[0].sku").value == 1.0
    assert fields({"lines": [1, 2, 3]}, {"lines": [1, 2]}, field="lines").value == 0.0


def test_one_field_is_right_or_wrong() -> None:
    assert fields({"category": "A"}, field="category").value == 1.0
    assert fields({"category": "a"}, field="category").value == 0.0
    assert fields({"category": "A"}, field="colour").outcome is Outcome.MISSING


def test_an_answer_that_is_not_json_scores_zero() -> None:
    fenced = f"```json\n{json.dumps(TICKET)}\n```"

    assert (fields("The category is A.").value, fields("[]").value) == (0.0, 0.0)
    assert fields(fenced).value == 0.0
    assert VALID_AFTER_UNFENCING in fields(fenced).detail
    assert fields(fenced, allow_fenced=True).value == 1.0


def test_a_dict_with_only_a_reference_has_no_fields() -> None:
    result = fields({"reference": "x"}, {"reference": "x", "relevant_documents": ["d1"]})

    assert result.outcome is Outcome.MISSING
