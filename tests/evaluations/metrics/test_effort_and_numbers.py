"""Latency, cost, amounts, and numbers that the documents must hold."""

from decimal import Decimal
from typing import Any

import pytest

from evaluations.metrics.numbers import numbers_in, read_number
from evaluations.metrics.registry import get, score
from evaluations.metrics.types import Answer, ExampleView, Outcome, Score

EXAMPLE = ExampleView("k", "typical", {"question": "Within 60 days?"}, "24.99")
DOCUMENTS = (
    {"id": "d1", "text": "Refunds are possible within 30 days. Express delivery costs 4.90 euros."},
    {"id": "d2", "title": "Opening hours", "text": "Open from 9 to 17."},
)


def run(name: str, answer: Answer, example: ExampleView = EXAMPLE, **arguments: Any) -> Score:
    return score(get(name), example, answer, arguments)


def test_latency_passes_at_its_limit() -> None:
    answer = Answer("x", latency_ms=800.0, ttft_ms=120.0)

    assert (run("latency", answer).value, run("latency", answer).passed) == (800.0, None)
    assert run("latency", answer, limit_ms=800).passed is True
    assert run("latency", answer, limit_ms=799.9).passed is False
    assert run("latency", answer, part="first_token", limit_ms=200).value == 120.0
    assert run("latency", Answer("x")).outcome is Outcome.MISSING


def test_a_time_out_enters_the_latencies_at_the_time_out_and_fails() -> None:
    timed_out = Answer("", error="timeout", latency_ms=30_000.0)

    for part in ("total", "first_token"):
        result = run("latency", timed_out, part=part)
        assert (result.outcome, result.value) == (Outcome.SCORED, 30_000.0)
        assert result.passed is False
    assert run("cost", timed_out).outcome is Outcome.MISSING


def test_cost_keeps_the_exact_amount() -> None:
    answer = Answer("x", cost=Decimal("0.00000165"))

    result = run("cost", answer, limit=0.00000165)

    assert result.value == pytest.approx(1.65e-6)
    assert (result.passed, result.detail) == (True, "0.00000165")
    assert run("cost", Answer("x")).outcome is Outcome.MISSING
    assert run("cost", Answer("x", cost=Decimal("0.02")), limit=0.01).passed is False


@pytest.mark.parametrize(
    ("text", "mark", "read"),
    [
        ("24.99", ".", 24.99),
        ("1,250.00", ".", 1250.0),
        ("1.250,00", ",", 1250.0),
        ("1 250,5".replace(" ", "\u202f"), ",", 1250.5),
        ("\u22125", ".", -5.0),
        ("1e3", ".", 1000.0),
        ("1,25", ".", None),
        ("1,2500", ".", None),
        ("1.250.00", ".", None),
        ("12 months", ".", None),
        ("1e999", ".", None),
        ("", ".", None),
        ("9" * 5_000, ".", None),
    ],
)
def test_a_number_is_read_by_its_decimal_mark(text: str, mark: Any, read: float | None) -> None:
    assert read_number(text, mark) == read


def test_numbers_are_found_in_prose() -> None:
    assert numbers_in("It costs $1,250.50, or 5% of 25,010.") == [1250.5, 5.0, 25010.0]
    assert numbers_in("Version v2 of QX-7F3K") == []
    assert numbers_in("1,25 and 3") == [3.0]
    assert numbers_in("30-60 days, 10.5kg") == [30.0, 60.0, 10.5]


def test_the_number_in_the_answer_is_compared_with_a_tolerance() -> None:
    assert run("numeric_tolerance", Answer("It is $24.99.")).passed is True
    assert run("numeric_tolerance", Answer("24.98")).passed is False
    assert run("numeric_tolerance", Answer("24.98"), abs_tol=0.011).passed is True
    assert run("numeric_tolerance", Answer("24,99 EUR"), decimal_mark=",").passed is True
    assert run("numeric_tolerance", Answer("no idea")).detail == "no number in the answer"


def test_several_numbers_are_wrong_unless_the_last_is_asked_for() -> None:
    answer = Answer("20 + 4.99 = 24.99")

    assert run("numeric_tolerance", answer).detail.startswith("several numbers in the answer: 20")
    assert run("numeric_tolerance", answer, take="last").passed is True


def test_a_reference_that_is_no_number_is_not_applicable() -> None:
    words = ExampleView("k", "typical", {}, "twelve")

    assert run("numeric_tolerance", Answer("12"), words).outcome is Outcome.MISSING


def grounded(text: str) -> Score:
    example = ExampleView("k", "typical", {"question": "Within 60 days?"}, None, context=DOCUMENTS)
    return run("groundedness_basic", Answer(text), example)


def test_numbers_and_quotes_must_be_in_the_documents() -> None:
    assert grounded("Delivery is 4.9 euros [d1], refunds within 30 days.").value == 1.0
    partly = grounded('It says "possible within  30 days" and costs 7 euros.')
    assert partly.value == pytest.approx(0.5)
    assert partly.detail == "not in the documents: 7"
    invented = grounded("\u201cFree for everybody\u201d, they say.")
    assert (invented.value, invented.passed) == (0.0, False)


def test_the_question_may_be_echoed() -> None:
    assert grounded("No, not within 60 days but 30.").value == 1.0


def test_an_unknown_document_is_a_hard_error() -> None:
    result = grounded("Refunds within 30 days [d9].")

    assert (result.value, result.detail) == (0.0, "cites unknown documents: d9")


def test_nothing_to_check_is_never_a_full_score() -> None:
    assert grounded("I do not know.").outcome is Outcome.MISSING
