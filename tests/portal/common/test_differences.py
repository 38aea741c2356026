"""A difference leads from the one text to the other, whatever the texts are."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common import differences
from portal.common.differences import compare, difference, hunks, rows

_WORDS = ["refund", "plan", " ", "\n", ".", "é", "a1", "\r\n", "\u2028", "\n\n\n\n\n\n\n\n\n\n"]
_texts = st.lists(st.sampled_from(_WORDS), max_size=60).map("".join) | st.text(max_size=60)


def before_of(pieces: list[tuple[str, str]]) -> str:
    return "".join(text for op, text in pieces if op != "insert")


def after_of(pieces: list[tuple[str, str]]) -> str:
    return "".join(text for op, text in pieces if op != "delete")


@given(_texts, _texts)
def test_it_applies_forwards_and_backwards(before: str, after: str) -> None:
    pieces = difference(before, after)

    assert before_of(pieces) == before
    assert after_of(pieces) == after
    assert compare(before, after).same == (before == after)


@given(_texts, _texts)
def test_side_by_side_holds_both_texts_in_their_order(before: str, after: str) -> None:
    found = rows(difference(before, after), context=None)

    left = [text for row in found for _, text in row.before or ()]
    right = [text for row in found for _, text in row.after or ()]
    assert "".join(left) == before
    assert "".join(right) == after
    # and no row holds more than one line
    assert all("\n" not in text[:-1] for text in left + right)


@given(_texts, _texts)
def test_what_is_left_out_is_counted_and_is_the_same_in_both(before: str, after: str) -> None:
    pieces = difference(before, after)

    whole, folded = rows(pieces, context=None), rows(pieces)
    assert sum(row.skipped or 1 for row in folded) == len(whole)
    assert [row for row in whole if row.changed] == [row for row in folded if row.changed]
    assert sum(hunk.skipped for hunk in hunks(pieces)) == sum(row.skipped for row in folded)
    changes = [piece for hunk in hunks(pieces) for piece in hunk.pieces if piece[0] != "equal"]
    assert changes == [piece for piece in pieces if piece[0] != "equal"]


def test_only_the_changed_word_is_marked() -> None:
    assert difference("refuse legal advice", "refuse medical advice") == [
        ("equal", "refuse "),
        ("delete", "legal "),
        ("insert", "medical "),
        ("equal", "advice"),
    ]


def test_lines_stand_beside_the_lines_that_they_became() -> None:
    before = "Sort the ticket.\nBe short.\nNever guess.\n"
    after = "Sort the ticket.\nBe brief and kind.\nSay why.\nNever guess.\n"

    found = rows(difference(before, after))

    assert [(row.before_number, row.after_number, row.changed) for row in found] == [
        (1, 1, False),
        (2, 2, True),
        (2, 3, True),
        (3, 4, False),
    ]
    assert found[2].before is None


def test_far_from_a_change_the_lines_are_left_out() -> None:
    lines = [f"line {number}\n" for number in range(100)]
    after = [*lines]
    after[50] = "another\n"

    folded = rows(difference("".join(lines), "".join(after)))
    parts = hunks(difference("".join(lines), "".join(after)))

    assert [row.skipped for row in folded if row.skipped] == [47, 46]
    assert [part.skipped for part in parts] == [47, 46]


RANDOM = random.Random(7)
WORDS = ["".join(RANDOM.choices("abcdefghij", k=RANDOM.randint(2, 9))) for _ in range(2_000)]


def prose(characters: int) -> str:
    text = ""
    while len(text) < characters:
        text += " ".join(RANDOM.choices(WORDS, k=14)) + ".\n"
    return text[:characters]


def test_a_word_in_a_large_prompt_is_marked_alone() -> None:
    before = prose(100_000)
    after = before.replace(WORDS[7], "CHANGED", 1)

    found = compare(before, after)

    assert found.detail == "words"
    assert next(text for op, text in found.pieces if op == "insert").strip() == "CHANGED"


LARGE = {
    "unrelated": (prose(100_000), prose(100_000)),
    "one line each": (prose(100_000).replace("\n", " "), prose(100_000).replace("\n", " ")),
    "the same word": ("a " * 50_000, "a " * 49_000 + "b " * 1_000),
    "empty lines": ("\n" * 100_000, "\n" * 50_000 + "x" + "\n" * 49_000),
    "signs only": ("." * 100_000, ".!" * 50_000),
    "every second line": ("a\nb\n" * 25_000, "a\nc\n" * 25_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_texts_stay_within_what_a_page_can_show(name: str) -> None:
    before, after = LARGE[name]

    found = compare(before, after)

    assert before_of(found.pieces) == before
    assert after_of(found.pieces) == after
    assert len(found.pieces) <= 2 * differences.MAX_PIECES
    assert len(rows(found.pieces)) <= differences.MAX_ROWS + 1
