"""What is an answer and what is not, and that each refusal says what would be right."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.briefs.answers import NotAnAnswer, parse, shown
from workloads.briefs.questions import BY_NAME, QUESTIONS


@pytest.mark.parametrize(
    ("name", "raw", "answer"),
    [
        ("requests_per_day", "900", 900),
        ("requests_per_day", " 1,200 ", 1200),
        ("requests_per_day", "12 000", 12000),
        ("requests_per_day", 900, 900),
        ("requests_per_day", "", None),
        ("latency_p95_ms", "0.8", 800),
        ("latency_p95_ms", "2", 2000),
        ("latency_p95_ms", 800, 800),
        ("budget_per_month", "1,200.50", Decimal("1200.5")),
        ("max_cost_per_request", "0.000001", Decimal("0.000001")),
        ("max_cost_per_request", 0.1, Decimal("0.1")),
        ("budget_per_month", "1,000,000", Decimal(1_000_000)),
        ("languages", "English, german , pt-BR", ["en", "de", "pt-BR"]),
        ("data_categories", ["financial", "personal"], ["personal", "financial"]),
        ("workload_type", "chatbot", "chatbot"),
        (
            "tools", "Send an e-mail; external; irreversible",
            [{"name": "Send an e-mail", "access": "external", "reversible": False}],
        ),
    ],
)  # fmt: skip
def test_what_is_an_answer(name: str, raw: Any, answer: Any) -> None:
    assert parse(BY_NAME[name], raw) == answer


@pytest.mark.parametrize(
    ("name", "raw", "code", "fragment"),
    [
        ("requests_per_day", "１２", "invalid_integer", "whole number"),
        ("requests_per_day", "1e3", "invalid_integer", "whole number"),
        ("requests_per_day", "1.5", "invalid_integer", "whole number"),
        ("requests_per_day", 1.5, "invalid_integer", "whole number"),
        ("requests_per_day", True, "invalid_integer", "whole number"),
        ("requests_per_day", "0", "out_of_range", "between 1"),
        ("requests_per_day", "2147483648", "out_of_range", "between 1"),
        ("requests_per_day", "9" * 5000, "invalid_integer", "whole number"),
        ("budget_per_month", "-1", "out_of_range", "at least 0"),
        ("budget_per_month", "NaN", "invalid_number", "number"),
        ("budget_per_month", float("nan"), "invalid_number", "number"),
        ("budget_per_month", "1E+9999", "invalid_number", "number"),
        ("budget_per_month", Decimal("1E+9999"), "invalid_number", "number"),
        ("budget_per_month", "0.1234567", "max_decimals", "6 decimals"),
        ("budget_per_month", "1000000.01", "out_of_range", "at most 1,000,000"),
        ("budget_per_month", "1,20", "invalid_number", "number"),
        ("latency_p95_ms", "abc", "invalid_number", "2 or 0.8"),
        ("peak_rps", "0", "out_of_range", "more than 0"),
        ("workload_type", "Chatbot ", "choice", "one of"),
        ("workload_type", ["chatbot"], "choice", "one of"),
        ("data_categories", ["none", "personal"], "choice", "alone"),
        ("data_categories", ["shoe size"], "choice", "one of"),
        ("languages", "Klingon", "choice", "name or code"),
        ("users", "a\x00b", "null_character", "null character"),
        ("users", "\ud800", "surrogate", "not valid text"),
        ("users", "x" * 1_001, "max_length", "1,000"),
        ("users", 7, "invalid", "text"),
        ("tools", "Send an e-mail", "invalid", "one tool a line"),
        ("tools", [{"name": "x", "access": "read"}], "invalid", "name, access and reversible"),
    ],
)
def test_what_is_no_answer_says_what_would_be_right(
    name: str, raw: Any, code: str, fragment: str
) -> None:
    with pytest.raises(NotAnAnswer) as refused:
        parse(BY_NAME[name], raw)
    assert refused.value.error.field == name
    assert refused.value.error.code == code
    assert fragment in refused.value.error.message


@given(st.sampled_from([q for q in QUESTIONS if q.choices is None]), st.text(max_size=60))
def test_no_text_breaks_a_question_and_what_is_taken_reads_back_the_same(
    question: Any, raw: str
) -> None:
    try:
        answer = parse(question, raw)
    except NotAnAnswer:
        return
    assert parse(question, shown(question, answer)) == answer
