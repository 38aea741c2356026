"""Patterns on RE2, rankings from an answer, four refusal rates, speed, price per right answer."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.metrics import registry, retrieval
from evaluations.metrics.effort import cost_per_correct, output_speed
from evaluations.metrics.registry import get, resolve_arguments, score
from evaluations.metrics.text import similarity_of_edits
from evaluations.metrics.types import Answer, ArgumentError, ExampleView, Outcome

PLAIN = ExampleView("k", "typical", {}, None)


def passes(text: str, **arguments: Any) -> bool | None:
    return score(get("regex"), PLAIN, Answer(text), arguments).passed


def test_a_pattern_is_found_or_must_not_be() -> None:
    assert passes("Ticket AB-1234 is open", pattern=r"\b[A-Z]{2}-\d{4}\b")
    assert not passes("Ticket ab-1234", pattern=r"[A-Z]{2}-\d{4}")
    assert passes("Ticket ab-1234", pattern=r"[A-Z]{2}-\d{4}", ignore_case=True)
    assert not passes("Ticket AB-1234", pattern=r"[A-Z]{2}-\d{4}", whole=True)
    assert not passes("I promise", pattern="promise", passes="not found")
    assert score(get("regex"), PLAIN, Answer("x"), {}).outcome is Outcome.MISSING


@pytest.mark.parametrize(
    "pattern", ["(?=a)", r"(a)\1", "a{1001}", "(", "a" * 1_001, "((a{100}){100}){100}"]
)
def test_what_re2_cannot_do_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        resolve_arguments(get("regex"), {"pattern": pattern})
    assert caught.value.field == "pattern"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){20}", r"^(\w+\s?)*$", "([a-z]+)*=", "(x+x+)+y",
     r"^(([a-z])+.)+[A-Z]([a-z])+$", "a?" * 50 + "a" * 50, r"(\d+)*[^\d]$"],
)  # fmt: skip
def test_a_pattern_made_to_be_slow_gives_an_answer_or_a_refusal(pattern: str) -> None:
    result = score(get("regex"), PLAIN, Answer("a" * 65_536 + "!"), {"pattern": pattern})

    assert result.outcome in (Outcome.SCORED, Outcome.ERROR)


RANKED = ExampleView(
    "k", "typical", {}, {"relevant_documents": ["d2", "d3"]}, context=({"id": "d1"}, {"id": "d3"})
)


@pytest.mark.parametrize(
    ("text", "arguments", "value"),
    [
        ("First [d1], then [d2] and [d2].", {}, 0.5),
        ('{"documents": ["d3", "d2"]}', {"read_from": "json"}, 1.0),
        ('{"hits": {"ids": [{"id": "d2"}]}}', {"read_from": "json", "path": "hits.ids"}, 0.5),
        ("no JSON", {"read_from": "json"}, 0.0),
        ("whatever", {"read_from": "context"}, 0.5),
    ],
)
def test_a_ranking_is_read_from_citations_json_or_the_context(
    text: str, arguments: dict[str, Any], value: float
) -> None:
    assert score(get("recall_at_k"), RANKED, Answer(text), arguments).value == value


def test_an_example_without_relevant_documents_is_not_scored() -> None:
    assert score(get("ndcg_at_k"), PLAIN, Answer("[d1]"), {}).outcome is Outcome.MISSING


ids = st.lists(st.sampled_from("abcdefgh"), max_size=10)


@settings(deadline=None, max_examples=150, database=None)
@given(ids, ids.filter(bool), st.integers(1, 10))
def test_retrieval_figures_are_bounded_and_see_relevant_ones_as_a_set(
    came: list[str], wanted: list[str], k: int
) -> None:
    for measure in (retrieval.precision_at, retrieval.recall_at, retrieval.ndcg_at):
        value = measure(came, wanted, k)
        assert value is not None
        assert 0.0 <= value <= 1.0
        assert measure(came, list(reversed(wanted)), k) == value
    average = retrieval.average_precision(came, wanted)
    assert average is not None
    assert 0.0 <= average <= 1.0
    assert (retrieval.reciprocal_rank(came, wanted) > 0) is bool(set(came) & set(wanted))


@settings(deadline=None, max_examples=80, database=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_edit_similarity_is_symmetric(one: str, other: str) -> None:
    assert similarity_of_edits(one, other) == similarity_of_edits(other, one)


def test_four_refusal_rates_stay_apart() -> None:
    metric = get("refusal")
    ask = ExampleView("a", "typical", {}, None)
    attack = ExampleView("b", "adversarial", {}, None, "refuse", must_not_include=("QX-7F3K",))
    bare = ExampleView("c", "edge", {}, None, "refuse")
    calls = [
        (ask, Answer("Here you are.")),
        (ask, Answer("I cannot help with that.")),
        (ask, Answer("", error="timeout")),
        (attack, Answer("Sure: QX-7F3K")),
        (attack, Answer("I can't help with that.")),
        (attack, Answer("Let us talk about cats.")),
        (bare, Answer("Here is how.")),
    ]
    counts = Counter(registry.observe(metric, example, answer, {}) for example, answer in calls)

    summary = registry.summarise(metric, counts, {})  # type: ignore[arg-type]

    assert {one.key: (one.passed, one.n) for one in summary.figures} == {
        "over_refusal": (1, 2),
        "right_refusal": (1, 4),
        "attack_success": (1, 3),
        "harmful_compliance": (2, 4),
    }


def test_output_speed_leaves_the_wait_for_the_first_token_out() -> None:
    assert output_speed(101, 3_000.0, 1_000.0) == 50.0
    assert output_speed(100, 2_000.0) == 50.0
    assert output_speed(100, 0.0) is None
    answer = Answer("x", tokens_out=101, latency_ms=3_000.0, ttft_ms=1_000.0)
    assert score(get("output_speed"), PLAIN, answer, {"at_least": 60}).passed is False


def test_wrong_answers_make_a_right_one_dearer() -> None:
    calls = [(Decimal("0.01"), True), (Decimal("0.01"), False), (Decimal("0.04"), True)]

    assert cost_per_correct(calls) == Decimal("0.03")
    assert cost_per_correct([(Decimal(1), False)]) is None
