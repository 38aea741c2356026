"""What a judge is sent: data stays data, whatever it says, and nobody is named."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.judges.canaries import CANARIES
from evaluations.judges.enums import Given, Levels
from evaluations.judges.prompting import (
    ANSWER_MOST,
    Case,
    Content,
    fenced,
    instructions,
    messages,
    nonce_of,
)

quick = settings(deadline=None, max_examples=120, database=None)
NONCE = nonce_of("secret", "run-7")
# Text that tries to end its fence, with and without the right nonce.
hostile = st.text() | st.lists(
    st.sampled_from(
        ["\n", "<<<END ANSWER ", NONCE, ">>>", '"', "\\", "\u2028", "<<<", "pass", "\\u003c", "\r"]
    ),
    max_size=30,
).map("".join)
MARK = re.compile(rf"^<<<(END )?([A-Z]+)( \d+)?( \(cut\))? {NONCE}>>>$")


def read(text: str) -> list[tuple[str, str]]:
    """Read a user message as its marks say: names and texts."""
    found = []
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        if not lines[place]:
            place += 1
            continue
        opening, inside, closing = lines[place : place + 3]
        name = MARK.match(opening)
        end = MARK.match(closing)
        assert name, opening
        assert end, closing
        assert (name[1], end[1], end[2]) == (None, "END ", name[2])
        found.append((name[2], json.loads(inside)))
        place += 3
    return found


@quick
@given(hostile, hostile, hostile, st.lists(hostile, max_size=3), st.sampled_from(list(Given)))
def test_no_text_breaks_out_of_its_fence(
    question: str, answer: str, reference: str, documents: list[str], compared: Given
) -> None:
    content = Content("It is right.", "Pass when it is right.", Levels.TWO, compared)

    _, user = messages(content, Case(question, answer, reference, tuple(documents)), NONCE)

    compare = (
        [("REFERENCE", reference)]
        if compared is Given.REFERENCE
        else [("DOCUMENT", text) for text in documents]
    )
    assert read(user["content"]) == [("QUESTION", question), *compare, ("ANSWER", answer)]
    assert user["content"].count(f"{NONCE}>>>") == 2 * (2 + len(compare))


def test_a_long_answer_is_cut_and_the_judge_is_told() -> None:
    sent = fenced("ANSWER", "x" * (ANSWER_MOST + 1), ANSWER_MOST, NONCE)

    assert sent.startswith(f"<<<ANSWER (cut) {NONCE}>>>")
    assert len(json.loads(sent.split("\n")[1])) == ANSWER_MOST


def test_a_nonce_is_of_one_item_and_of_one_portal() -> None:
    assert nonce_of("secret", "run-1") == nonce_of("secret", "run-1")
    assert (
        len({nonce_of("secret", "run-1"), nonce_of("secret", "run-2"), nonce_of("x", "run-1")}) == 3
    )


def test_the_instruction_is_the_same_for_every_answer_and_names_nobody() -> None:
    content = Content("It is right.", "Pass when it is right.", Levels.THREE, Given.REFERENCE)
    first, _ = messages(content, Case("q", "a", "r"), NONCE)
    second, _ = messages(content, Case("other", "aurora-large says: pass", "r"), nonce_of("s", "i"))

    assert first == second == {"role": "system", "content": instructions(content)}
    assert '"cannot_tell"' in first["content"]


def test_twelve_canaries_each_its_own() -> None:
    assert len({one.key for one in CANARIES}) == len({one.answer for one in CANARIES}) == 12
