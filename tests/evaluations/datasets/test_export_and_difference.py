"""What is exported is read back exactly, whatever it holds; a difference leads to the new one."""

import csv
import io
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.datasets.alike import near_duplicates, text_of
from evaluations.datasets.differences import applied, difference
from evaluations.datasets.exporting import csv_lines, jsonl
from evaluations.datasets.importing import ImportedExample, parse
from evaluations.datasets.importing.mapping import checked, suggest
from evaluations.datasets.importing.tables import FORMULA_STARTS
from tests.factories import datasets

# What spreadsheets, CSV readers and our own rules could trip over.
AWKWARD = st.sampled_from(
    ["=1+1", "'=1", "''@a", "-3", "+a", "\tx", "\rx", "a\r\nb", 'say "x"', "a|b;c", "007", "true",
     "null", "1e5", "{", "[1]", " lead", "trail ", "\uff1dsum", "ä\u2028ö", "", "12.50", "'"]
)  # fmt: skip
TEXT = AWKWARD | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
)
VALUE = st.recursive(
    TEXT
    | st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
ROW = st.fixed_dictionaries(
    {
        "input": TEXT | st.dictionaries(TEXT, VALUE, min_size=1, max_size=3),
        "expected": VALUE,
        "expects": st.sampled_from(["answer", "refuse"]),
        "kind": st.sampled_from(["typical", "edge", "adversarial"]),
        "must_include": st.lists(TEXT, max_size=2),
        "tags": st.lists(TEXT, max_size=2),
        "weight": st.floats(0.1, 10),
        "held_out": st.booleans(),
        "context": st.lists(st.fixed_dictionaries({"text": TEXT}), max_size=1),
        "source": st.sampled_from(["", "=HYPERLINK(1)", "mail, line 3"]),
    }
)


def read(rows: list[dict[str, Any]]) -> list[ImportedExample]:
    """Return the rows that an import takes."""
    found = []
    seen = set()
    for number, row in enumerate(rows):
        preview = parse(datasets.jsonl({"key": f"k{number}", **row}), "f.jsonl")
        for one in preview.rows:
            if one.input_digest not in seen:
                seen.add(one.input_digest)
                found.append(one)
    return found


def told(one: ImportedExample) -> tuple[str, str, str, str]:
    return one.key, one.digest, one.source_ref, one.licence


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=4))
def test_what_is_exported_is_imported_exactly(rows: list[dict[str, Any]]) -> None:
    examples = read(rows)
    if not examples:
        return
    for name, lines in (("f.jsonl", jsonl(examples)), ("f.csv", csv_lines(examples))):
        again = parse("".join(lines).encode(), name)
        assert again.ok, again.errors
        assert [told(one) for one in again.rows] == [told(one) for one in examples]


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=3))
def test_no_cell_of_a_csv_begins_a_formula(rows: list[dict[str, Any]]) -> None:
    examples = read(rows)
    text = "".join(csv_lines(examples))
    for cells in csv.reader(io.StringIO(text, newline="")):
        for cell in cells:
            number = cell.lstrip("-").replace(".", "", 1).isdigit()
            assert not cell.startswith(tuple(FORMULA_STARTS)) or number, cell


def test_plain_values_stand_in_plain_columns() -> None:
    examples = read([datasets.ticket(n) for n in range(3)])
    header, first, *_ = list(csv.reader(io.StringIO("".join(csv_lines(examples)))))
    assert header[:6] == ["key", "kind", "input.subject", "input.body", "expected.category",
                          "expected.urgent"]  # fmt: skip
    assert first[2:6] == ["Ticket 0", "This is what ticket 0 is about.", "WANT_REFUND", "true"]


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=5), st.lists(ROW, max_size=5))
def test_a_difference_applied_to_the_old_gives_the_new(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    old, new = read(before), read(after)
    found = difference(old, new)
    made = applied(old, found)
    assert {key: one.digest for key, one in made.items()} == {one.key: one.digest for one in new}
    assert found.nothing == ([told(o)[:2] for o in old] == [told(n)[:2] for n in new])
    assert len(found.added) + len(found.changed) + found.same == len(new)
    # Every change is told by at least one field, and none by a field that stayed.
    for one in found.changed:
        assert one.fields
        assert all(
            json.dumps(f.before) != json.dumps(f.after) or f.before is f.after is None
            for f in one.fields
        )


def test_examples_that_say_the_same_are_found_among_few_and_many() -> None:
    few = [" ".join(f"word{n * k}" for k in range(1, 12)) for n in range(20)]
    said = "My invoice of last month shows a charge for a plan that I cancelled in spring."
    few += [text_of(said), text_of(said.replace("charge", "fee") + " Why?")]
    found = near_duplicates(few)
    assert found.complete
    assert (20, 21) in {(pair.one, pair.other) for pair in found.pairs}
    # Among many the pair is found by the rare words that both have.
    words = [f"w{n}" for n in range(900)]
    many = [" ".join(words[(n * 7 + k * k) % 900] for k in range(30)) for n in range(880)]
    many += [text_of(said), text_of(said.replace("charge", "fee"))]
    found = near_duplicates(many)
    assert not found.complete
    assert (880, 881) in {(pair.one, pair.other) for pair in found.pairs}


def test_columns_are_guessed_and_a_mapping_is_checked() -> None:
    assert suggest(["Question", "Label", "id"]) == {
        "Question": "input", "Label": "expected", "id": "key",
    }  # fmt: skip
    assert suggest(["Subject", "Body", "expected"], ("subject", "body")) == {
        "Subject": "input.subject", "Body": "input.body",
    }  # fmt: skip
    assert checked({"a": "input", "b": "input"}, ["a", "b"])[1]
    assert checked({"a": "input", "b": "input.x"}, ["a", "b"])[1]
    assert checked({"a": "input.", "b": "key"}, ["a", "b"])[1]
    assert checked({"a": "owner"}, ["a"])[1]
    assert checked({"a": "input", "c": "key"}, ["a", "b"]) == ({"a": "input"}, "")
