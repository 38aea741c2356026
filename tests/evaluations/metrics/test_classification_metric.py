"""Classes: what counts as one, what does not, and what many answers say together."""

from collections import Counter
from typing import Any

import pytest

from evaluations.metrics import registry
from evaluations.metrics.classification import NO_ANSWER, UNPARSED
from evaluations.metrics.types import Answer, ExampleView

CLASSES = registry.get("classification")
LABELS = {"field": "category", "labels": ["Refund", "Bug"]}


def example(category: str = "Refund") -> ExampleView:
    return ExampleView("k", "typical", {}, {"category": category, "urgent": True})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"category": "refund"}', "Refund"),
        ('{"category": " Bug "}', "Bug"),
        ('{"category": "billing"}', UNPARSED),
        ('{"category": ["Refund"]}', UNPARSED),
        ('```json\n{"category": "Refund"}\n```', UNPARSED),
        ("It is a refund.", UNPARSED),
    ],
)
def test_a_class_is_read_from_its_field_or_counted_as_unparsed(text: str, read: str) -> None:
    seen = registry.observe(CLASSES, example(), Answer(text), LABELS)

    assert seen == ("Refund", read)
    assert registry.score(CLASSES, example(), Answer(text), LABELS).passed is (read == "Refund")


def test_a_whole_answer_is_a_class_when_no_field_is_named() -> None:
    one = ExampleView("k", "typical", {}, "Refund")

    assert registry.score(CLASSES, one, Answer(' "refund". '), {}).passed
    assert registry.observe(CLASSES, one, Answer("first\nsecond"), {}) == ("refund", UNPARSED)
    assert registry.observe(CLASSES, one, Answer("", error="timeout"), {}) == ("refund", NO_ANSWER)
    assert not registry.applies(CLASSES, ExampleView("k", "edge", {}, ["a", "b"]), {})


def test_always_the_majority_is_seen_through() -> None:
    counts = Counter({("a", "a"): 90, ("b", "a"): 10})

    summary = registry.summarise(CLASSES, counts, {})
    figures = {one.key: one.value for one in summary.figures}

    assert figures["accuracy"] == 0.9
    assert figures["balanced_accuracy"] == 0.5
    assert figures["mcc"] == 0.0
    matrix = next(one for one in summary.tables if one.key == "confusion")
    assert matrix.columns == ("a", "b")
    assert matrix.rows == (("a", (90, 0)), ("b", (10, 0)))


def test_many_classes_are_lumped_in_the_table_and_in_no_figure() -> None:
    counts: Any = Counter({(f"c{i:02}", f"c{i:02}"): 30 - i for i in range(30)})

    summary = registry.summarise(CLASSES, counts, {})

    matrix = next(one for one in summary.tables if one.key == "confusion")
    assert len(matrix.rows) == 21
    assert sum(sum(cells) for _, cells in matrix.rows if cells) == counts.total()
    assert {one.value for one in summary.figures} == {1.0}
