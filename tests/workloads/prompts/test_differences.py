"""A difference leads from the one text to the other, whatever the texts are."""

from hypothesis import given
from hypothesis import strategies as st

from workloads.prompts.differences import difference

_texts = st.lists(st.sampled_from(["refund", "plan", " ", "\n", ".", "é", "a1"]), max_size=60).map(
    "".join
)


@given(_texts, _texts)
def test_it_applies_forwards_and_backwards(before: str, after: str) -> None:
    pieces = difference(before, after)

    assert "".join(text for op, text in pieces if op != "insert") == before
    assert "".join(text for op, text in pieces if op != "delete") == after


def test_only_the_changed_word_is_marked() -> None:
    assert difference("refuse legal advice", "refuse medical advice") == [
        ("equal", "refuse "),
        ("delete", "legal "),
        ("insert", "medical "),
        ("equal", "advice"),
    ]


def test_very_large_texts_still_apply() -> None:
    before = "".join(f"line {n}\n" for n in range(9_000))
    after = before.replace("line 4500\n", "another line\n")

    pieces = difference(before, after)

    assert "".join(text for op, text in pieces if op != "delete") == after
    assert any(op == "insert" and "another" in text for op, text in pieces)
