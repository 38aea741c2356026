"""A JSON Schema is somebody's text: it may not reach out, run for ever or break the page."""

from typing import Any

import pytest

from workloads.prompts.schemas import mismatch, schema_problem

LOOP = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ([], "invalid"),
        ({"type": "sentence"}, "invalid"),
        ({"$ref": "https://example.com/s.json"}, "remote_ref"),
        ({"$ref": "other.json#/a"}, "remote_ref"),
        ({"$ref": "#/$defs/missing"}, "remote_ref"),
        ({"$id": "https://example.com/"}, "remote_ref"),
        ({"$dynamicRef": "https://example.com/"}, "unsupported"),
        ({"patternProperties": {"^a": {}}}, "unsupported"),
        ({"pattern": "(a+)+\\1"}, "pattern"),
        ({"pattern": "a" * 1_001}, "pattern"),
        ({"description": "x" * 70_000}, "max_length"),
    ],
)
def test_a_schema_that_cannot_be_used_says_why(schema: Any, code: str) -> None:
    found = schema_problem(schema)

    assert found is not None
    assert found[0] == code


def test_a_deep_schema_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(20):
        schema = {"items": schema}

    assert schema_problem(schema) == ("too_deep", "Nest a JSON Schema at most 16 levels.")


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "integer"}}}

    assert schema_problem(schema) is None
    assert mismatch(schema, {"pattern": "(a)\\1", "$ref": 1}) == ""


def test_a_schema_without_end_is_an_answer_and_not_a_crash() -> None:
    assert schema_problem(LOOP) is None
    assert "without end" in mismatch(LOOP, {"a": 1})


def test_an_evil_pattern_on_a_long_answer_comes_back() -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}

    assert mismatch(schema, "a" * 50_000 + "!") == "does not match the pattern"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"category": "A"}, ""),
        ({"category": "C"}, "$.category: 'C' is not one of ['A', 'B']"),
        ({}, "'category' is a required property"),
        ({"category": "A", "tags": ["x", "x"]}, "$.tags: has items that are not unique"),
    ],
)
def test_a_departure_names_its_place(value: Any, words: str) -> None:
    schema = {
        "type": "object",
        "required": ["category"],
        "properties": {"category": {"enum": ["A", "B"]}, "tags": {"uniqueItems": True}},
    }

    assert mismatch(schema, value) == words
