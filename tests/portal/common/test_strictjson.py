"""Whatever comes from outside is JSON as we take it, or a sentence that says why not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import DomainError
from portal.common.strictjson import decode, loads


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "parse_error", "body is not valid JSON"),
        ("[" * 100_000, "too_deep", "nested deeper than 32"),
        ('{"a": 1, "a": 2}', "duplicate_key", "appears twice"),
        ("[NaN]", "parse_error", "NaN"),
        ("[-Infinity]", "parse_error", "Infinity"),
        ("[1e999]", "parse_error", "too long or too large"),
        ("[" + "9" * 5_000 + "]", "parse_error", "number too long"),
        ('{"a": "x\\u0000y"}', "null_character", "null character"),
        ('["\\ud800"]', "surrogate", "not valid text"),
        ('{"a":', "parse_error", "line 1, column"),
        (json.dumps({str(n): n for n in range(257)}), "too_many_keys", "more than 256 keys"),
    ],
)
def test_bad_json_is_refused_with_a_sentence(text: str, code: str, words: str) -> None:
    with pytest.raises(DomainError) as refusal:
        loads(text)

    codes = {refusal.value.code, *(e.code for e in refusal.value.errors)}
    assert code in codes
    assert words in refusal.value.message


def test_the_wrong_field_is_named() -> None:
    with pytest.raises(DomainError) as refusal:
        loads('{"brief": {"users": ["ok", "a\\u0000"]}}')

    assert refusal.value.errors[0].field == "brief.users[1]"


@pytest.mark.parametrize(
    ("data", "words"), [(b"\xff{}", "UTF-8"), (b"\xef\xbb\xbf{}", "byte order mark")]
)
def test_bytes_that_are_not_plain_utf8_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        decode(data)


def test_a_file_may_start_with_a_byte_order_mark() -> None:
    assert decode(b"\xef\xbb\xbf{}", allow_bom=True) == "{}"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**18), 10**18)
        | st.text('abc é"\\{[', max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("xyz", max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_good_json_is_read_as_it_was_written(value: object) -> None:
    assert loads(json.dumps(value)) == value


@given(st.text(max_size=60))
def test_no_text_makes_anything_but_a_value_or_a_refusal(text: str) -> None:
    try:
        loads(text)
    except DomainError as refusal:
        assert refusal.message
