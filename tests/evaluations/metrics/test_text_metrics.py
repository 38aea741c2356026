"""Texts against references, as a reviewer would expect them to be judged."""

from typing import Any

import pytest

from evaluations.metrics.expected import expected_fields, references
from evaluations.metrics.registry import get, score
from evaluations.metrics.types import Answer, ExampleView


def example(expected: Any, **more: Any) -> ExampleView:
    return ExampleView("k", "typical", {"q": "?"}, expected, **more)


def value(name: str, expected: Any, said: str, **arguments: Any) -> float | None:
    return score(get(name), example(expected), Answer(said), arguments).value


@pytest.mark.parametrize(
    ("expected", "read"),
    [
        ("yes", ("yes",)),
        (["yes", "y", "yes"], ("yes", "y")),
        (42, ("42",)),
        (True, ("true",)),
        ({"reference": "yes", "relevant_documents": ["d1"]}, ("yes",)),
        ({"answer": ["a", "b"]}, ("a", "b")),
        ({"category": "A"}, ()),
        (None, ()),
        ([], ()),
        ([{"a": 1}, ["x"]], ()),
    ],
)
def test_what_counts_as_a_reference(expected: Any, read: tuple[str, ...]) -> None:
    assert references(example(expected)) == read


def test_what_counts_as_fields() -> None:
    assert expected_fields(example({"category": "A"})) == {"category": "A"}
    assert expected_fields(example({"answer": "A", "sure": True})) == {"answer": "A", "sure": True}
    assert expected_fields(example({"reference": "A", "relevant_documents": ["d"]})) is None
    assert expected_fields(example("A")) is None


def test_strict_match_forgives_nothing() -> None:
    assert value("strict_match", ["A", "B"], "B") == 1.0
    assert value("strict_match", "A", "a") == 0.0
    assert value("strict_match", "A", "A\n") == 0.0


def test_normalised_match_forgives_case_articles_and_punctuation() -> None:
    assert value("normalised_match", "The refund.", "refund") == 1.0
    assert value("normalised_match", "refund", "a refund of it") == 0.0


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"),
        ('it\'s "fine"', "it\u2019s \u201cfine\u201d"),
        ("refund", "re\u200bfund"),
        ("123 items", "\uff11\uff12\uff13 items"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u8d26\u6237\u5df2\u6253\u5f00", "\u8d26\u6237\u5df2\u6253\u5f00\u3002"),
    ],
)
def test_the_unicode_normaliser_sees_what_the_squad_rules_miss(reference: str, said: str) -> None:
    assert value("normalised_match", reference, said) == 0.0
    assert value("normalised_match", reference, said, normaliser="unicode") == 1.0


@pytest.mark.parametrize("name", ["normalised_match", "token_f1"])
def test_an_answer_of_which_nothing_is_left_is_wrong(name: str) -> None:
    assert value(name, "the", "a") == 0.0
    assert value(name, "...", "!!!") == 0.0
    assert value(name, "The", "the") == 1.0
    assert value(name, "", "") == 1.0
    assert value(name, "", "something") == 0.0


def test_contains_finds_any_reference_and_never_an_empty_one() -> None:
    assert value("contains", ["NYC", "new york"], "It is New York, of course.") == 1.0
    assert value("contains", "Berlin", "It is New York.") == 0.0
    assert value("contains", "", "anything") == 0.0
    assert value("contains", ["", "Berlin"], "anything") == 0.0


def test_graded_texts_take_the_best_reference() -> None:
    for name in ("token_f1", "edit_similarity", "rouge_l", "chrf"):
        both = value(name, ["something else", "open the account"], "open the account")
        assert both == pytest.approx(1.0)
        partly = value(name, "open the account", "open the door")
        assert partly is not None
        assert 0.0 < partly < 1.0


def test_identical_text_in_another_script_is_right_by_chrf_and_not_by_rouge() -> None:
    text = "\u0421\u0447\u0451\u0442 \u043e\u0442\u043a\u0440\u044b\u0442"

    assert value("chrf", text, text) == pytest.approx(1.0)
    assert value("rouge_l", text, text) == 0.0


def test_must_include_names_what_is_lacking_and_what_is_too_much() -> None:
    view = example(None, must_include=("30 days", "don't"), must_not_include=("guarantee",))

    good = score(get("must_include"), view, Answer("Within 30 DAYS; don\u2019t wait."), {})
    bad = score(get("must_include"), view, Answer("We guarantee it in 30 days."), {})

    assert (good.value, good.detail) == (1.0, "")
    assert bad.value == 0.0
    assert bad.detail == 'lacks "don\'t"; must not say "guarantee"'
