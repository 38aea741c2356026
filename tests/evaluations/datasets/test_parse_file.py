"""Reading a file of examples: what is taken, what each column means, and that nothing raises."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.datasets.importing import parse
from tests.factories.datasets import jsonl


def codes(data: bytes, name: str = "f.jsonl") -> set[str]:
    return {error.code for error in parse(data, name).errors}


def test_the_simplest_line_is_an_input_and_what_is_expected() -> None:
    preview = parse(jsonl({"input": "Hello", "expected": "greeting"}), "f.jsonl")
    assert preview.ok
    row = preview.rows[0]
    assert (row.input, row.expected, row.kind, row.expects) == (
        "Hello",
        "greeting",
        "typical",
        "answer",
    )
    assert row.key.startswith("x-")


def test_the_same_input_gets_the_same_key_whatever_is_expected() -> None:
    one = parse(jsonl({"input": {"a": 1, "b": 2}, "expected": "x"}), "f.jsonl").rows[0]
    two = parse(jsonl({"input": {"b": 2, "a": 1}, "expected": "y"}), "f.jsonl").rows[0]
    assert one.key == two.key
    assert one.digest != two.digest


def test_csv_columns_become_variables_and_typed_fields() -> None:
    data = (
        b"input.subject;input.body;expected.category;expected.amount;expected.known;kind;tags\r\n"
        b'"Refund; now";"two\nlines";WANT_REFUND;24.99;true;edge;a|b\r\n'
        b"Code;007;BUG;007;;typical;\r\n"
    )
    preview = parse(data, "f.csv")
    assert preview.ok, preview.errors
    assert preview.separator == "semicolon"
    first, second = preview.rows
    assert first.input == {"subject": "Refund; now", "body": "two\nlines"}
    assert first.expected == {"category": "WANT_REFUND", "amount": 24.99, "known": True}
    assert first.tags == ("a", "b")
    assert second.line == 4
    assert second.input["body"] == "007"
    assert second.expected == {"category": "BUG", "amount": "007", "known": None}


def test_exact_duplicates_are_refused_with_both_lines() -> None:
    row = {"input": "caf\u00e9", "expected": "x"}
    again = {"input": "cafe\u0301", "expected": "y", "key": "other"}
    preview = parse(jsonl(row, {"input": "b", "expected": "x"}, again), "f.jsonl")
    assert preview.errors[0].message == "Lines 1 and 3 have the same input; keep one of them."


def test_an_example_without_an_expectation_says_what_would_be_right() -> None:
    preview = parse(jsonl({"input": "Hello"}), "f.jsonl")
    assert preview.errors[0].field == "expected"
    assert parse(jsonl({"input": "Hello", "expects": "refuse"}), "f.jsonl").ok
    assert parse(jsonl({"input": "Hello", "must_include": ["hi"]}), "f.jsonl").ok


def test_columns_that_mean_nothing_are_named() -> None:
    preview = parse(jsonl({"input": "a", "expected": "b", "mood": "fine"}), "f.jsonl")
    assert preview.ok
    assert preview.ignored == ["mood"]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b'{"input": "a", "expected": NaN}', "f.jsonl", "parse_error"),
        (b'{"input": "a", "input": "b", "expected": "c"}', "f.jsonl", "duplicate_key"),
        (b'{"input": ' + b"[" * 100_000, "f.jsonl", "too_deep"),
        (b'{"input": "\\ud800", "expected": "x"}', "f.jsonl", "surrogate"),
        (b'{"input": "\\u0000", "expected": "x"}', "f.jsonl", "null_character"),
        (b'{"input": "a", "expected": "x", "weight": 11}', "f.jsonl", "out_of_range"),
        (b'{"input": "a", "expected": "x", "kind": "odd"}', "f.jsonl", "choice"),
        (b'{"input": "a", "expected": 1' + b"0" * 5_000 + b"}", "f.jsonl", "parse_error"),
        (b"[1, 2]\n", "f.jsonl", "object"),
        (b'input,expected\n"a,b\n', "f.csv", "csv_quote"),
        (b"input,input\na,b\n", "f.csv", "duplicate_column"),
        (b"input,expected\na\n", "f.csv", "columns"),
        (b"question,answer\na,b\n", "f.csv", "required"),
        (b"input,expected\n", "f.csv", "empty"),
        (b"\n \n", "f.csv", "empty"),
        ("input,expected\né,x\n".encode("latin-1"), "f.csv", "encoding"),
        ("input,expected\n".encode("utf-16"), "f.csv", "encoding"),
        (b"PK\x03\x04rest", "f.csv", "file_type"),
    ],
)
def test_what_is_wrong_has_its_code(data: bytes, name: str, code: str) -> None:
    preview = parse(data, name)
    assert not preview.ok
    assert code in {error.code for error in preview.errors}
    assert all(error.message for error in preview.errors)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.jsonl", "a.txt"]))
def test_no_bytes_raise(data: bytes, name: str) -> None:
    preview = parse(data, name)
    assert preview.ok or preview.errors


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "input",
                "expected",
                "key",
                "kind",
                "tags",
                "weight",
                "context",
                "expects",
                "must_include",
            ]
        ),
        JSON,
    )
)
def test_no_values_raise(row: dict[str, object]) -> None:
    preview = parse(json.dumps(row).encode() + b"\n", "f.jsonl")
    assert preview.ok or preview.errors
