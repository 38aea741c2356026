"""Metrics without code: what a declaration says, what it refuses, what it sees."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.metrics import registry
from evaluations.metrics.declared import COMPARATORS, Declaration, check, metric_of, parse_path
from evaluations.metrics.types import Answer, ArgumentError, ExampleView, Outcome

EXAMPLE = ExampleView("k", "typical", {}, {"total": 12.5, "lines": [{"sku": "A"}]})


def passes(answer: Any, comparator: str, value: Any = None, path: str = "$.total") -> bool | None:
    metric = metric_of("own_x", 1, "X", "", Declaration("json", comparator, value, path))
    return registry.score(metric, EXAMPLE, Answer(json.dumps(answer)), {}).passed


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$.lines[0].sku", ("lines", 0, "sku")),
        ("lines[0].sku", ("lines", 0, "sku")),
        ('$["a.b"].c', ("a.b", "c")),
        ("$[2]", (2,)),
    ],
)
def test_a_path_names_its_steps(path: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize("path", ["", "$", "a..b", "a[", "a[x]", "a[0]b", "a" * 201, "$.*"[:2]])
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_path(path)
    assert caught.value.field == "path"


@pytest.mark.parametrize(
    ("comparator", "value", "right", "wrong"),
    [
        ("equals_expected", None, {"total": 12.5}, {"total": "12.5"}),
        ("close_to_expected", 0.1, {"total": 12}, {"total": 20}),
        ("equals", 3, {"total": 3.0}, {"total": True}),
        ("one_of", ["A", "B"], {"total": "B"}, {"total": "C"}),
        ("at_least", 5, {"total": 5}, {"total": "9"}),
        ("at_most", 5, {"total": 5}, {"total": 5.1}),
        ("exists", None, {"total": None}, {}),
        ("absent", None, {}, {"total": None}),
        ("shorter_than", 3, {"total": "abc"}, {"total": "abcd"}),
        ("matches", "^[A-Z]+$", {"total": "ABC"}, {"total": "abc"}),
    ],
)
def test_each_comparator_passes_and_fails(
    comparator: str, value: Any, right: Any, wrong: Any
) -> None:
    assert passes(right, comparator, value) is True
    assert passes(wrong, comparator, value) is False


def test_every_comparator_is_tried_above() -> None:
    marks = test_each_comparator_passes_and_fails.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(COMPARATORS)


def test_an_example_without_that_place_is_not_scored_and_bad_json_is_wrong() -> None:
    declaration = Declaration("json", "equals_expected", None, "$.other")
    metric = metric_of("own_x", 1, "X", "", declaration)

    assert registry.score(metric, EXAMPLE, Answer("{}"), {}).outcome is Outcome.MISSING
    assert passes("x", "exists") is False


@pytest.mark.parametrize(
    ("declaration", "field"),
    [
        (Declaration("json", "at_least", "5", "$.a"), "value"),
        (Declaration("json", "at_least", True, "$.a"), "value"),
        (Declaration("json", "shorter_than", -1, "$.a"), "value"),
        (Declaration("json", "one_of", "A", "$.a"), "value"),
        (Declaration("json", "equals", None, "$.a"), "value"),
        (Declaration("json", "exists", 1, "$.a"), "value"),
        (Declaration("json", "nearly", 1, "$.a"), "comparator"),
        (Declaration("json", "matches", "(", "$.a"), "value"),
        (Declaration("regex", "found", r"(a)\1"), "value"),
        (Declaration("regex", "found", ""), "value"),
        (Declaration("regex", "equals", "a"), "comparator"),
        (Declaration("xml", "found", "a"), "kind"),  # type: ignore[arg-type]
    ],
)
def test_a_declaration_that_means_nothing_names_the_field(
    declaration: Declaration, field: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        check(declaration)
    assert caught.value.field == field


def test_the_digest_seals_what_is_measured() -> None:
    one = Declaration("regex", "found", "a+")

    assert Declaration.from_json(one.as_json()) == one
    assert one.digest() == Declaration.from_json(json.loads(json.dumps(one.as_json()))).digest()
    assert one.digest() != Declaration("regex", "found", "a+", ignore_case=True).digest()
    with pytest.raises(ArgumentError):
        Declaration.from_json({**one.as_json(), "code": "import os"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60, database=None)
@given(st.sampled_from(list(COMPARATORS)), json_values, st.text(max_size=12), json_values)
def test_a_declaration_is_refused_or_scores_any_answer(
    comparator: str, value: Any, path: str, answer: Any
) -> None:
    declaration = Declaration("json", comparator, value, path)
    try:
        metric = metric_of("own_x", 1, "X", "", declaration)
    except ArgumentError:
        return

    result = registry.score(metric, EXAMPLE, Answer(json.dumps(answer)), {})

    assert result.outcome is not Outcome.ERROR, result.detail
