"""A prompt as one plain file that lives well in a repository, and back, without loss.

    +++
    format = "assay-prompt/1"
    boundary = "==="
    output_format = "json"
    [params]
    temperature = 0.0
    +++
    === persona
    You sort support tickets.
    === instructions
    …

Between the ``+++`` lines stands TOML, one ``key = value`` a line; below it the long texts, each
after a line of the boundary and its name. The boundary is made longer until no line of any text
begins with it, so that a text may hold anything. What is empty is left out. The same content
gives the same bytes, and reading them gives the same content and digest (docs/prompt-files.md).
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.errors import DomainError, FieldError, Invalid
from portal.common.strictjson import NotJson, decode, loads
from portal.common.text import text_problem
from workloads.prompts.content import EMPTY, checked

FORMAT = "assay-prompt/1"
MAX_BYTES = 4 * 1024 * 1024
MAX_HEAD_LINES = 5_000
# A list on one line of the head; longer ones could make a parser work in squares.
MAX_LIST_LINE = 8_000
FENCE = "+++"

TEXTS = ("persona", "instructions", "tone", "refusal_text", "user_template")
ORIGIN = ("workload", "version", "digest", "note")
VARIABLE_KEYS = (
    "name", "type", "source", "trusted", "required", "max_length", "default", "sample",
)  # fmt: skip
PARAM_KEYS = tuple(EMPTY["params"])

_HEAD_LINE = re.compile(r"\s*(#.*)?|\[\[(variables|guardrails)\]\]\s*|\[params\]\s*")
_HEAD_PAIR = re.compile(r"[a-z_]{1,40}[ \t]*=[ \t]*(?P<value>.*)")
_EXAMPLE = re.compile(r"example ([1-9][0-9]{0,3}) (input|input json|output)")


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a file holds: the content, and the version that it says it was exported from."""

    content: dict[str, Any]
    workload: str = ""
    version: int | None = None
    digest: str = ""
    note: str = ""


# Writing -----------------------------------------------------------------------------------------
def write_file(
    content: Mapping[str, Any],
    *,
    workload: str = "",
    version: int | None = None,
    digest: str = "",
    note: str = "",
) -> str:
    """Return ``content`` (complete, see `content.EMPTY`) as the text of a prompt file."""
    parts = list(_parts(content))
    boundary = _boundary(text for _, text in parts)
    head = [f"format = {_toml(FORMAT)}"]
    origin = {"workload": workload, "version": version, "digest": digest, "note": note}
    head += [f"{key} = {_toml(value)}" for key, value in origin.items() if value]
    head.append(f"boundary = {_toml(boundary)}")
    head.append(f"output_format = {_toml(content['output_format'])}")
    head += ["", "[params]"]
    params = content["params"]
    head += [f"{key} = {_toml(params[key])}" for key in PARAM_KEYS if params[key] is not None]
    for name, keys in (("variables", VARIABLE_KEYS), ("guardrails", ("kind", "text"))):
        for row in content[name]:
            head += ["", f"[[{name}]]"]
            head += [f"{key} = {_toml(row[key])}" for key in keys if row.get(key) is not None]
    body = [f"{boundary} {name}\n{text}" for name, text in parts]
    return "\n".join([FENCE, *head, FENCE, *body, ""])


def _parts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the long texts with their names, in the order of the file."""
    for name in TEXTS:
        if content[name]:
            yield name, content[name]
    if content["output_schema"] is not None:
        yield "output_schema", _json(content["output_schema"])
    for number, shot in enumerate(content["few_shot"], start=1):
        given = shot["input"]
        if isinstance(given, str):
            yield f"example {number} input", given
        else:
            yield f"example {number} input json", _json(given)
        yield f"example {number} output", shot["output"]


def _boundary(texts: Iterator[str]) -> str:
    longest = 2
    for text in texts:
        for line in text.split("\n"):
            longest = max(longest, len(line) - len(line.lstrip("=")))
    return "=" * (longest + 1)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _toml(value: Any) -> str:
    """Return a text, number, truth value or list of texts as TOML 1.0."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # JSON escapes what TOML escapes, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# Reading -----------------------------------------------------------------------------------------
def read_file(data: bytes) -> PromptFile:
    """Return what the prompt file ``data`` holds.

    Raises Invalid with the line of each problem: not UTF-8 text, larger than 4 MiB, no head, a
    head that is not the TOML that we write, a name that is none, one that stands twice, content
    that a draft cannot hold.
    """
    if len(data) > MAX_BYTES:
        raise _wrong(0, "max_length", "A prompt file has at most 4 MiB.")
    try:
        lines = decode(data, allow_bom=True).split("\n")
    except NotJson as problem:
        raise _wrong(0, "encoding", problem.message) from problem
    if lines[0] != FENCE:
        hint = " Save it with plain line ends (LF)." if lines[0] == f"{FENCE}\r" else ""
        raise _wrong(1, "format", f"A prompt file begins with a line {FENCE}.{hint}")
    try:
        end = lines.index(FENCE, 1)
    except ValueError:
        raise _wrong(1, "format", f"A second line {FENCE} ends the head; there is none.") from None
    head = _head(lines[1:end])
    boundary = head.pop("boundary", "===")
    if not isinstance(boundary, str) or not boundary.startswith("===") or set(boundary) != {"="}:
        raise _wrong(1, "boundary", 'boundary is three or more equals signs, such as "===".')
    content = _content(head, _body(lines, end + 1, boundary))
    origin = {key: head.get(key) for key in ORIGIN}
    version = origin["version"]
    return PromptFile(
        content=content,
        workload=_text(origin, "workload"),
        version=version if type(version) is int else None,
        digest=_text(origin, "digest"),
        note=_text(origin, "note"),
    )


def _text(origin: Mapping[str, Any], key: str) -> str:
    # The head says nothing of an origin when this is no text that a record could hold.
    value = origin[key]
    return value if isinstance(value, str) and text_problem(value) is None else ""


def _wrong(line: int, code: str, message: str) -> Invalid:
    where = f"Line {line}: " if line else ""
    return Invalid(
        f"{where}{message}", errors=[FieldError(f"line {line}" if line else "file", code, message)]
    )


def _head(lines: list[str]) -> dict[str, Any]:
    """Parse the head: TOML, of the few shapes that we write, so that none is slow to parse."""
    if len(lines) > MAX_HEAD_LINES:
        raise _wrong(1, "max_length", f"The head has at most {MAX_HEAD_LINES:,} lines.")
    for number, line in enumerate(lines, start=2):
        if line.endswith("\r"):
            raise _wrong(number, "line_end", "Save the file with plain line ends (LF).")
        if _HEAD_LINE.fullmatch(line):
            continue
        pair = _HEAD_PAIR.fullmatch(line)
        value = pair["value"] if pair else ""
        if pair is None or value.startswith(("{", '"""', "'''")):
            words = (
                "The head holds lines such as name = value, [params], [[variables]] and"
                " [[guardrails]]; long texts stand below it."
            )
            raise _wrong(number, "format", words)
        if value.startswith("[") and len(line) > MAX_LIST_LINE:
            raise _wrong(number, "max_length", f"A list has at most {MAX_LIST_LINE:,} characters.")
    try:
        head = tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError) as problem:
        # The parser counts from the first line after the fence; people count from the fence.
        where = re.search(r"\(at line (\d{1,6}), column \d+\)", str(problem))
        told = str(problem).partition(" (at ")[0][:160]
        if isinstance(problem, RecursionError):
            told = "lists nested too deep"
        at_end = len(lines) + 1 if "end of document" in str(problem) else 1
        line_number = int(where[1]) + 1 if where else at_end
        raise _wrong(line_number, "format", f"Not TOML: {told}.") from problem
    if head.pop("format", None) != FORMAT:
        raise _wrong(2, "format", f'The head says format = "{FORMAT}".')
    known = {*ORIGIN, "boundary", "output_format", "params", "variables", "guardrails"}
    unknown = sorted(set(head) - known)
    if unknown:
        raise _wrong(0, "unknown_field", f"A prompt file has no {unknown[0]!r:.60} in its head.")
    return head


def _body(lines: list[str], first: int, boundary: str) -> dict[str, tuple[int, str]]:
    """Return the texts below the head by name, each with the number of its line."""
    found: dict[str, tuple[int, list[str]]] = {}
    current: list[str] | None = None
    if lines[-1] != "":
        raise _wrong(len(lines), "format", "The file ends with a line end.")
    for number, line in enumerate(lines[first:-1], start=first + 1):
        if not line.startswith(boundary):
            if current is None:
                words = f'A text begins after a line such as "{boundary} persona".'
                raise _wrong(number, "format", words)
            current.append(line)
            continue
        name = line.removeprefix(boundary).removeprefix(" ")
        if name.endswith("\r"):
            raise _wrong(number, "line_end", "Save the file with plain line ends (LF).")
        if name not in (*TEXTS, "output_schema") and not _EXAMPLE.fullmatch(name):
            words = (
                f"There is no text called {name[:40]!r}; when the line belongs to a text, make the"
                " boundary in the head longer than any line begins with."
            )
            raise _wrong(number, "unknown_field", words)
        if name in found:
            raise _wrong(number, "duplicate_key", f"{name} stands twice.")
        current = []
        found[name] = (number, current)
    return {name: (number, "\n".join(text)) for name, (number, text) in found.items()}


def _content(head: Mapping[str, Any], body: dict[str, tuple[int, str]]) -> dict[str, Any]:
    content = {name: body.pop(name, (0, ""))[1] for name in TEXTS}
    schema = body.pop("output_schema", None)
    params = head.get("params", {})
    if not isinstance(params, Mapping):
        words = "params is a table: a line [params], and below it name = value."
        raise Invalid.field("params", "invalid", words)
    return checked(
        {
            **content,
            "output_format": head.get("output_format", "text"),
            "output_schema": None if schema is None else _value(*schema),
            "params": {"stop": [], **dict.fromkeys(set(PARAM_KEYS) - {"stop"}), **params},
            "variables": head.get("variables", []),
            "guardrails": head.get("guardrails", []),
            "few_shot": list(_few_shot(body)),
        }
    )


def _few_shot(body: dict[str, tuple[int, str]]) -> Iterator[dict[str, Any]]:
    number = 0
    while body:
        number += 1
        given = body.pop(f"example {number} input", None)
        as_json = body.pop(f"example {number} input json", None)
        output = body.pop(f"example {number} output", None)
        if output is None or (given is None) == (as_json is None):
            line = min(line for line, _ in body.values()) if body else 0
            for one in (given, as_json, output):
                line = one[0] if one else line
            words = f"Example {number} has one input (or input json) and one output, from 1 on."
            raise _wrong(line, "format", words)
        if given is not None:
            yield {"input": given[1], "output": output[1]}
        elif as_json is not None:
            value = _value(*as_json)
            if not isinstance(value, dict):
                raise _wrong(as_json[0], "invalid", "The input as JSON is an object of values.")
            yield {"input": value, "output": output[1]}


def _value(line: int, text: str) -> Any:
    try:
        return loads(text)
    except DomainError as problem:
        words = problem.message.replace("The body is not valid JSON", "Not JSON")
        raise _wrong(line, problem.code, words) from problem
