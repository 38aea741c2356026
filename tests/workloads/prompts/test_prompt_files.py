"""A prompt as a file: reading what was written gives the same content, and every bad file a line."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.common.canonical import digest
from portal.common.errors import DomainError, Invalid
from tests.factories import prompts as factory
from workloads.prompts.content import EMPTY, GUARDRAIL_KINDS, checked
from workloads.prompts.files import MAX_BYTES, read_file, write_file
from workloads.prompts.lint import problems
from workloads.prompts.selectors import completed

# Texts that look like parts of the file, and every character that can be stored.
_HOSTILE = st.sampled_from(
    [
        "+++", "=== persona", "===", "====", "= =", "format = 1", "\n", "\r\n", "\r", '"""', "'''",
        "\\", "\\n", '"', "{{ x }}", "\x7f", "\u2028", "\x85", "#", "\t", "\ufeff", "é", "=" * 40,
    ]
)  # fmt: skip
_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_texts = st.lists(_HOSTILE | st.text(_characters, max_size=12), max_size=8).map("".join)
_numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**40), 2**40)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_variables = st.fixed_dictionaries(
    {"name": _texts},
    optional={
        "type": _texts,
        "required": st.booleans(),
        "trusted": st.booleans(),
        "max_length": st.integers(-5, 2**31) | st.none(),
        "default": _texts | st.none(),
        "sample": _texts | st.none(),
        "source": _texts,
    },
)
_params = st.fixed_dictionaries(
    {},
    optional={
        "temperature": _numbers | st.none(),
        "top_p": _numbers | st.none(),
        "max_tokens": st.integers(-5, 2**31) | st.none(),
        "seed": st.integers(-5, 2**53 - 1) | st.none(),
        "stop": st.lists(_texts, max_size=4) | st.none(),
    },
)
CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ("persona", "instructions", "tone", "refusal_text", "user_template"), _texts
        ),
        "output_format": _texts,
        "output_schema": _json,
        "params": _params,
        "variables": st.lists(_variables, max_size=3),
        "guardrails": st.lists(
            st.fixed_dictionaries({"kind": st.sampled_from(GUARDRAIL_KINDS), "text": _texts}),
            max_size=3,
        ),
        "few_shot": st.lists(
            st.fixed_dictionaries(
                {"input": _texts | st.dictionaries(_texts, _json, max_size=3), "output": _texts}
            ),
            max_size=3,
        ),
    },
)


@given(CONTENTS)
@example({"persona": "=== instructions\n+++\n==== persona"})
@example({"few_shot": [{"input": "", "output": ""}, {"input": {}, "output": "\n"}]})
def test_reading_what_was_written_is_the_identity(loose: dict[str, Any]) -> None:
    content = completed(checked(loose))

    written = write_file(content, workload="WL-0001", version=3, digest="sha256:0", note="n")
    read = read_file(written.encode())

    assert read.content == content
    assert digest(read.content) == digest(content)
    assert (read.workload, read.version, read.digest, read.note) == ("WL-0001", 3, "sha256:0", "n")
    assert write_file(read.content, workload="WL-0001", version=3, digest="sha256:0", note="n") == (
        written
    )


@given(st.binary(max_size=300) | _texts.map(lambda text: f"+++\n{text}\n+++\n{text}\n".encode()))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    try:
        read = read_file(data)
    except Invalid as refused:
        assert refused.errors
    else:
        assert set(read.content) == set(EMPTY)


HEAD = '+++\nformat = "assay-prompt/1"\n'
_scalars = st.sampled_from(
    [
        "3", "-0", "0x" + "f" * 5_000, "0b1", "1e400", "-1e9", "nan", "inf", "true", "2026-01-01",
        "2026-01-01T10:00:00Z", "10:00:00", "0000-00-00", '""', '"a"', '"\\u0000"', "'b'", "[]",
        "[[]]", "[1, 'a']", "[2026-01-01]", "[{a = 1}]", "[true]",
    ]
)  # fmt: skip
_keys = st.sampled_from(
    [
        "format", "workload", "version", "digest", "note", "boundary", "output_format", "params",
        "variables", "guardrails", "temperature", "top_p", "max_tokens", "stop", "seed", "name",
        "type", "required", "max_length", "default", "sample", "source", "trusted", "kind", "text",
    ]
)  # fmt: skip
_heads = st.lists(
    st.builds("{} = {}".format, _keys, _scalars)
    | st.sampled_from(["[params]", "[[variables]]", "[[guardrails]]"]),
    max_size=8,
).map("\n".join)


@given(_heads)
@example("params = 3")
@example("[params]\nstop = [2026-01-01]")
@example("[params]\nseed = 0x" + "f" * 5_000)
@example("version = 0x" + "f" * 5_000)
def test_any_head_gives_content_that_can_be_kept_or_a_sentence(head: str) -> None:
    try:
        read = read_file(f"{HEAD}{head}\n+++\n".encode())
    except DomainError as refused:
        assert refused.message
        return
    # then what was read can be stored, digested, linted and written again
    content = completed(read.content)
    assert json.loads(json.dumps(content)) == content
    assert digest(content).startswith("sha256:")
    assert problems(content)
    assert read_file(write_file(content).encode()).content == content


def test_the_file_is_readable_in_a_repository() -> None:
    text = write_file(completed(factory.content(tone="Calm.")), workload="WL-0007", version=2)

    assert text.splitlines()[:5] == [
        "+++",
        'format = "assay-prompt/1"',
        'workload = "WL-0007"',
        "version = 2",
        'boundary = "==="',
    ]
    assert "\n=== persona\nYou sort support tickets.\n=== instructions\n" in text
    assert text.endswith("=== user_template\n{{ subject }}\n")


BAD: list[tuple[str | bytes, str, str]] = [
    ("", "line 1", "begins with a line"),
    ("persona", "line 1", "begins with a line"),
    ("+++\r\nformat", "line 1", "plain line ends"),
    (HEAD, "line 1", "A second line"),
    ("+++\n+++\n", "line 2", "format ="),
    (HEAD + "x = 1\n+++\n", "file", "no 'x' in its head"),
    (HEAD + "a.b = 1\n+++\n", "line 3", "The head holds lines"),
    (HEAD + "params = {}\n+++\n", "line 3", "The head holds lines"),
    (HEAD + 'note = """\n+++\n', "line 3", "long texts stand below"),
    (HEAD + "note = \n+++\n", "line 3", "Not TOML"),
    (HEAD + 'note = "a"\nnote = "b"\n+++\n', "line 4", "Not TOML"),
    (HEAD + "note = " + "[" * 5_000 + "\n+++\n", "line 1", "nested too deep"),
    (HEAD + "note = [" + "1," * 9_000 + "]\n+++\n", "line 3", "A list has at most"),
    (HEAD + "[params]\nseed = " + "9" * 5_000 + "\n+++\n", "line 1", "Not TOML"),
    (HEAD + "[params]\nseed = nan\n+++\n", "params.seed", "right type"),
    (HEAD + "[params]\ntemperature = inf\n+++\n", "params.temperature", "Enter a number"),
    (HEAD + "[params]\nheat = 1\n+++\n", "params.heat", "Not a parameter"),
    (HEAD + "params = 3\n+++\n", "params", "a line [params]"),
    (HEAD + "params = []\n+++\n", "params", "a line [params]"),
    (HEAD + "[params]\nstop = [2026-01-01]\n+++\n", "params.stop", "a list of texts"),
    (HEAD + "[params]\nstop = [[1]]\n+++\n", "params.stop", "a list of texts"),
    (HEAD + "[params]\nseed = 2026-01-01\n+++\n", "params.seed", "right type"),
    (HEAD + "[params]\nseed = 0x" + "f" * 5_000 + "\n+++\n", "params.seed", "whole number"),
    (HEAD + '[[variables]]\nname = "a"\n' * 201 + "+++\n", "variables", "at most 200 variables"),
    (HEAD + "variables = 3\n+++\n", "variables", "This is a list"),
    (HEAD + "[[variables]]\ncolour = 1\n+++\n", "variables[0]", "Each entry has"),
    (HEAD + '[[variables]]\nname = "a"\ncolour = 1\n+++\n', "variables[0]", "no part called"),
    (HEAD + 'boundary = "ab"\n+++\n', "line 1", "equals signs"),
    (HEAD + "+++\nlost\n", "line 4", "A text begins after"),
    (HEAD + "+++\n=== persona\nx", "line 5", "ends with a line end"),
    (HEAD + "+++\n=== person\nx\n", "line 4", "no text called"),
    (HEAD + "+++\n=== persona\n====\n", "line 5", "make the boundary"),
    (HEAD + "+++\n=== persona\nx\n=== persona\ny\n", "line 6", "stands twice"),
    (HEAD + "+++\n=== persona\r\nx\n", "line 4", "plain line ends"),
    (HEAD + "+++\n=== output_schema\n{\n", "line 4", "Not JSON"),
    (HEAD + '+++\n=== output_schema\n{"a": NaN}\n', "line 4", "NaN is not JSON"),
    (HEAD + '+++\n=== output_schema\n{"a": 1, "a": 2}\n', "line 4", "appears twice"),
    (HEAD + "+++\n=== output_schema\n" + "[" * 99_000 + "\n", "line 4", "nested deeper"),
    (HEAD + "+++\n=== example 1 input\nx\n", "line 4", "one input"),
    (HEAD + "+++\n=== example 2 input\nx\n=== example 2 output\ny\n", "line 4", "from 1 on"),
    (HEAD + "+++\n=== example 1 input json\n[1]\n=== example 1 output\ny\n", "line 4", "object"),
    (HEAD + "+++\n=== persona\na\x00b\n", "persona", "null character"),
    (b"+++\n\xff\xfe", "file", "Not valid UTF-8"),
    (b"a" * (MAX_BYTES + 1), "file", "at most 4 MiB"),
]


@pytest.mark.parametrize(("text", "field", "words"), BAD, ids=range(len(BAD)))
def test_a_bad_file_is_refused_with_its_line(text: str | bytes, field: str, words: str) -> None:
    data = text if isinstance(text, bytes) else text.encode()

    with pytest.raises(Invalid) as refused:
        read_file(data)

    assert refused.value.errors[0].field == field
    assert words in refused.value.errors[0].message
