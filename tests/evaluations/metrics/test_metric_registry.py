"""Finding metrics, checking their arguments, and scoring without ever raising."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.metrics import registry
from evaluations.metrics.registry import (
    ArgumentError,
    UnknownMetric,
    get,
    resolve_arguments,
    scale_of,
    score,
    static_metrics,
)
from evaluations.metrics.types import (
    NOT_APPLICABLE,
    Answer,
    ExampleView,
    Family,
    Outcome,
    Scale,
    Score,
)

EXAMPLE = ExampleView("k1", "typical", {"q": "?"}, "yes")
ROUND = ExampleView(
    "k2",
    "edge",
    {"q": "How many?"},
    {"reference": "42", "category": "A", "amount": 1.5, "relevant_documents": ["d1"]},
    must_include=("42",),
    must_not_include=("never",),
    context=({"id": "d1", "text": "There are 42."},),
)


def test_the_metrics_of_the_first_scorecards_are_there() -> None:
    names = [metric.name for metric in static_metrics()]

    assert names == sorted(names)
    assert set(names) >= {
        "strict_match",
        "normalised_match",
        "contains",
        "json_valid",
        "field_accuracy",
        "refusal",
        "latency",
        "cost",
        "token_f1",
        "edit_similarity",
        "rouge_l",
        "chrf",
        "numeric_tolerance",
        "must_include",
        "groundedness_basic",
    }


@pytest.mark.parametrize("metric", static_metrics(), ids=lambda metric: str(metric.name))
def test_every_metric_says_what_it_is(metric: Any) -> None:
    assert metric.label
    assert metric.definition.endswith(".")
    assert metric.source
    assert metric.unit
    assert metric.about.formula
    assert metric.about.blind_spots
    assert metric.about.family is not Family.OWN
    assert (metric.observe is None) is (metric.summarise is None)
    assert resolve_arguments(metric, {}) == {
        name: rule["default"] for name, rule in metric.arguments["properties"].items()
    }


def test_an_unknown_name_or_version_says_what_there_is() -> None:
    with pytest.raises(UnknownMetric, match="strict_match"):
        get("stric_match")
    with pytest.raises(UnknownMetric, match="no version 99"):
        get("strict_match", 99)
    with pytest.raises(KeyError):
        get("")


def test_the_newest_version_is_used_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_metrics", {})
    first = replace(STRICT, name="trial", version=1)
    second = replace(STRICT, name="trial", version=2)

    registry.register(second)
    registry.register(first)

    assert get("trial") is second
    assert get("trial", 1) is first
    assert static_metrics() == [second]


STRICT = get("strict_match")


@pytest.mark.parametrize(
    ("name", "version"), [("strict_match", 1), ("Upper", 1), ("", 1), ("fine", 0)]
)
def test_a_changed_or_misnamed_metric_cannot_be_registered(name: str, version: int) -> None:
    with pytest.raises(ValueError):
        registry.register(replace(STRICT, name=name, version=version, label="another"))
    assert get("strict_match") is STRICT


@pytest.mark.parametrize(
    ("name", "given_arguments", "field", "message"),
    [
        ("strict_match", {"x": 1}, "x", "takes: none"),
        ("normalised_match", {"normalizer": "squad"}, "normalizer", "takes: normaliser"),
        ("normalised_match", {"normaliser": "latin"}, "normaliser", "one of: squad, unicode"),
        ("field_accuracy", {"allow_fenced": "yes"}, "allow_fenced", "must be boolean"),
        ("field_accuracy", {"rel_tol": -1}, "rel_tol", "at least 0"),
        ("latency", {"limit_ms": 0}, "limit_ms", "above 0"),
        ("latency", {"limit_ms": True}, "limit_ms", "number or null"),
        ("refusal", {"phrases": ["a"]}, "phrases", "too short"),
        ("json_valid", {"schema": "object"}, "schema", "object or null"),
        ("json_valid", {"schema": {"type": "objekt"}}, "schema", "type"),
    ],
)
def test_a_wrong_argument_names_the_field_and_what_is_right(
    name: str, given_arguments: Mapping[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        resolve_arguments(get(name), given_arguments)

    assert caught.value.field == field


def test_arguments_that_are_no_object_are_refused() -> None:
    with pytest.raises(ArgumentError, match="object"):
        resolve_arguments(STRICT, ["normaliser"])  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", static_metrics(), ids=lambda metric: str(metric.name))
def test_an_answer_that_did_not_arrive_is_missing(metric: Any) -> None:
    arguments = {"pattern": "4"} if metric.name == "regex" else {}

    result = score(metric, ROUND, Answer("", error="server_error", latency_ms=9.0), arguments)

    assert (result.outcome, result.value, result.passed) == (Outcome.MISSING, None, None)
    assert "server_error" in result.detail


def test_an_example_without_a_reference_is_not_applicable_and_not_wrong() -> None:
    blank = ExampleView("k", "adversarial", {}, None, expects="refuse")

    for name in ("strict_match", "field_accuracy", "must_include", "groundedness_basic"):
        result = score(get(name), blank, Answer("no"), {})
        assert result.outcome is Outcome.MISSING
        assert result.detail.startswith(NOT_APPLICABLE)
        assert not registry.applies(get(name), blank, {})
    assert registry.applies(get("refusal"), blank, {})


def test_a_metric_that_breaks_is_an_error_of_that_score() -> None:
    def broken(example: ExampleView, answer: Answer, arguments: Mapping[str, Any]) -> Score:
        raise RuntimeError("no\x00t today \ud800")

    def not_a_number(example: ExampleView, answer: Answer, arguments: Mapping[str, Any]) -> Score:
        return Score(Outcome.SCORED, float("nan"), True)

    failed = score(replace(STRICT, compute=broken), EXAMPLE, Answer("yes"), {})
    odd = score(replace(STRICT, compute=not_a_number), EXAMPLE, Answer("yes"), {})

    assert (failed.outcome, failed.value) == (Outcome.ERROR, None)
    assert failed.detail.startswith("RuntimeError")
    assert "\x00" not in failed.detail
    failed.detail.encode("utf-8")
    assert odd.outcome is Outcome.ERROR


def test_one_field_makes_field_accuracy_binary() -> None:
    metric = get("field_accuracy")

    assert scale_of(metric, {}) is Scale.GRADED
    assert scale_of(metric, {"field": "category"}) is Scale.BINARY
    assert scale_of(get("latency"), {}) is Scale.QUANTITY


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
anything = st.text(
    st.characters(categories=("L", "N", "P", "S", "Z", "C")), max_size=200
) | st.sampled_from(["{", "[" * 5000, '{"a": 1e999}', "1" * 5000, '"\\ud800"', "```json\n{}\n```"])


@settings(deadline=None, max_examples=120, database=None)
@given(anything, json_values, st.sampled_from(["answer", "refuse", "clarify", "escalate"]))
def test_no_answer_and_no_expectation_can_make_scoring_raise(
    text: str, expected: Any, expects: str
) -> None:
    example = ExampleView(
        "k", "edge", {"q": text}, expected, expects, (text,), (), ({"id": "d", "text": text},)
    )

    for metric in static_metrics():
        result = score(metric, example, Answer(text, latency_ms=1.0), {})
        assert result.outcome is not Outcome.ERROR, (metric.name, result.detail)
        result.detail.encode("utf-8")
        assert "\x00" not in result.detail
        if result.outcome is Outcome.SCORED and metric.scale is not Scale.QUANTITY:
            assert result.value is not None
            assert 0.0 <= result.value <= 1.0


@settings(deadline=None, max_examples=60, database=None)
@given(
    st.lists(st.tuples(anything, json_values, st.booleans()), max_size=6),
    st.sampled_from([metric for metric in static_metrics() if metric.summarise]),
    st.randoms(use_true_random=False),
)
def test_a_summary_is_bounded_and_minds_no_order(
    calls: list[tuple[str, Any, bool]], metric: Any, dice: random.Random
) -> None:
    def summary(order: list[tuple[str, Any, bool]]) -> Any:
        kept = Counter(
            seen
            for text, expected, lost in order
            if (
                seen := registry.observe(
                    metric,
                    ExampleView("k", "adversarial", {"q": text}, expected, "refuse", (), ("x",)),
                    Answer(text, error="timeout" if lost else ""),
                    {},
                )
            )
            is not None
        )
        assert ("error",) not in kept
        return registry.summarise(metric, kept, {})

    shuffled = list(calls)
    dice.shuffle(shuffled)

    found = summary(calls)

    assert found == summary(shuffled)
    for figure in found.figures:
        assert figure.value is None or -1.0 - 1e-9 <= figure.value <= 1.0 + 1e-9
        assert figure.passed is None or 0 <= figure.passed <= figure.n
