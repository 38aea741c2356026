"""One row into one example: each field read, and what is wrong with it said in a sentence."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evaluations.datasets.enums import Expects, Kind
from evaluations.datasets.importing.reading import field_too_long
from evaluations.datasets.importing.types import (
    MAX_DOCUMENTS,
    MAX_KEY,
    MAX_LIST,
    MAX_TAG,
    Declared,
    ImportedExample,
    RawRow,
)
from portal.common.canonical import canonical_bytes, digest
from portal.common.errors import DomainError
from portal.common.strictjson import loads
from portal.common.text import text_problem
from workloads.prompts.schemas import mismatch

_KINDS, _EXPECTS = Kind.values, Expects.values
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")
_WORDS = {"true": True, "false": False, "null": None}
_YES, _NO = {"true", "yes", "1"}, {"", "false", "no", "0"}
# A tag of this name, however it is spelled ("Held-Out", "held_out"), says what the field says.
HELD_OUT = "heldout"
# The database keeps numbers with all their digits, and gives whole ones back as integers.
_WHOLE_FROM = 1e15


class Refused(Exception):
    """A field of the row at hand is wrong."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code, self.message = name, code, message


def input_digest(given: Any, context: list[dict[str, str]]) -> str:
    """Return the digest under which equal inputs are duplicates, whatever they expect."""
    return digest([_nfc(given), _nfc(context)])


def says_held_out(tag: str) -> bool:
    """Whether ``tag`` says held out, whatever its case and the signs or spaces between."""
    return "".join(filter(str.isalnum, tag.casefold())) == HELD_OUT


def read_row(row: RawRow, declared: Declared | None = None) -> ImportedExample:
    """Return the example that ``row`` holds. Raises Refused with the first field that is wrong."""
    values = row.values
    for name, value in values.items():
        _check_size(name, value)
    given = read_input(row)
    context = _context(values.get("context"))
    seen_as = input_digest(given, context)
    key = _line_of(values, "key", MAX_KEY) or _line_of(values, "id", MAX_KEY)
    tags = set(read_list(values, "tags", MAX_TAG))
    expected = read_expected(row)
    example = ImportedExample(
        line=row.line,
        key=key or f"x-{seen_as[7:19]}",
        kind=_choice(values, "kind", _KINDS, Kind.TYPICAL),
        input=given,
        context=tuple(context),
        expected=expected,
        expects=_choice(values, "expects", _EXPECTS, Expects.ANSWER),
        must_include=tuple(read_list(values, "must_include")),
        must_not_include=tuple(read_list(values, "must_not_include")),
        tags=tuple(sorted(tag for tag in tags if not says_held_out(tag))),
        weight=_weight(values.get("weight")),
        source_ref=_line_of(values, "source", 400),
        licence=_line_of(values, "licence", 400) or _line_of(values, "license", 400),
        held_out=_yes(values, "held_out") or any(says_held_out(tag) for tag in tags),
        input_digest=seen_as,
        digest="",
    )
    says_nothing = not (example.must_include or example.must_not_include)
    if expected is None and example.expects == Expects.ANSWER and says_nothing:
        raise Refused(
            "expected",
            "required",
            'Say what is expected: "expected", or "must_include", or an "expects" other'
            " than answer.",
        )
    problem = departs(given, expected, example.expects, declared or Declared())
    if problem:
        raise Refused(*problem)
    return replace(example, digest=digest(material(example)))


def material(example: Any) -> dict[str, Any]:
    """Return what an example is: the part of it that its digest is over.

    Takes an `ImportedExample` or an `ExampleRevision`. Where it came from is no part of it.
    """
    return {
        "key": example.key,
        "kind": str(example.kind),
        "input": example.input,
        "context": list(example.context),
        "expected": example.expected,
        "expects": str(example.expects),
        "must_include": list(example.must_include),
        "must_not_include": list(example.must_not_include),
        "tags": list(example.tags),
        "weight": example.weight,
        "held_out": example.held_out,
    }


def departs(
    given: Any, expected: Any, expects: str, declared: Declared
) -> tuple[str, str, str] | None:
    """Return (field, code, sentence) of how an example departs from what is declared, or None."""
    if declared.variables:
        names = set(given) if isinstance(given, Mapping) else {"input"}
        missing = [name for name in declared.variables if name not in names]
        if missing:
            words = f"The input has no {missing[0]}; declared are {', '.join(declared.variables)}."
            return "input", "missing_variable", words
        unknown = sorted(names - set(declared.variables))
        if unknown:
            words = f"{unknown[0][:60]} is not declared; known: {', '.join(declared.variables)}."
            return "input", "unknown_variable", words
    if declared.expected is not None and expects == Expects.ANSWER and expected is not None:
        problem = mismatch(declared.expected, expected)
        if problem:
            return "expected", "schema", f"Not as declared: {problem}"[:400]
    return None


def _check_size(name: str, value: Any) -> None:
    texts = [value] if isinstance(value, str) else _texts(value)
    for text in texts:
        if field_too_long(text):
            raise Refused(
                name, "max_length", "A field may hold at most 64 KiB of text; this one is longer."
            )
        problem = text_problem(text)
        if problem:
            raise Refused(name, *problem)
    if isinstance(value, dict | list) and len(canonical_bytes(value)) > 4 * 64 * 1024:
        raise Refused(name, "max_length", "This value is larger than 256 KiB.")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return []


def _nfc(value: Any) -> Any:
    # Inputs that differ in how an accent is composed look the same and count as duplicates.
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, Mapping):
        return {name: _nfc(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_nfc(item) for item in value]
    return value


def read_input(row: RawRow) -> Any:
    """Return the input: an object of values, or one text. Raises Refused."""
    values = row.values
    parts = {n.removeprefix("input."): v for n, v in values.items() if n.startswith("input.")}
    given = _stored(parts or values.get("input"))
    if isinstance(given, str) and given.strip():
        return given
    if isinstance(given, Mapping) and given:
        named = {str(name): value for name, value in given.items()}
        # An empty value in an object may be the very case that is tested; an empty CSV row is not.
        if row.types("input") or any(value not in (None, "", [], {}) for value in named.values()):
            return named
    if given in (None, "", [], {}) or isinstance(given, str | Mapping):
        raise Refused("input", "required", "The input is empty; write a text or an object.")
    raise Refused("input", "invalid", 'The input is a text or an object such as {"subject": "…"}.')


def read_expected(row: RawRow) -> Any:
    """Return what is expected. A cell of a table has no types: see `typed`."""
    values = row.values
    parts = {n.removeprefix("expected."): v for n, v in values.items() if n.startswith("expected.")}
    if parts:
        return {
            name: value if row.types("expected") else typed(value) for name, value in parts.items()
        }
    value = values.get("expected")
    if row.types("expected") or not isinstance(value, str):
        return _stored(value)
    text = value.strip()
    if text.startswith(("{", "[")):
        try:
            return _stored(loads(text))
        except DomainError:
            return value
    return value if text else None


def typed(cell: str) -> Any:
    """CSV has no types: a plain number, true, false and null in an expected field are those."""
    text = cell.strip()
    if text in _WORDS or not text:
        return _WORDS.get(text)
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return cell


def _context(value: Any) -> list[dict[str, str]]:
    if value in (None, "", []):
        return []
    if isinstance(value, str):
        return [{"id": "1", "title": "", "text": value}]
    found = []
    if isinstance(value, list):
        if len(value) > MAX_DOCUMENTS:
            words = f"An example has at most {MAX_DOCUMENTS} documents; this one has {len(value)}."
            raise Refused("context", "too_many", words)
        for place, item in enumerate(value, start=1):
            if isinstance(item, str):
                found.append({"id": str(place), "title": "", "text": item})
            elif isinstance(item, Mapping) and isinstance(item.get("text"), str):
                found.append(
                    {
                        "id": str(item.get("id", place)),
                        "title": str(item.get("title", "")),
                        "text": str(item["text"]),
                    }
                )
            else:
                break
        else:
            return found
    raise Refused(
        "context", "invalid", 'The context is a list of texts or of {"id", "title", "text"}.'
    )


def _choice(values: Mapping[str, Any], name: str, choices: list[str], default: str) -> str:
    value = values.get(name)
    if value in (None, ""):
        return default
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in choices:
        raise Refused(name, "choice", f"Use one of {', '.join(choices)}; this is {value!r:.60}.")
    return word


def read_list(values: Mapping[str, Any], name: str, limit: int = 1_000) -> list[str]:
    """Return the texts of a list; in a cell they stand between bars. Raises Refused."""
    value = values.get(name)
    if value in (None, ""):
        return []
    items = re.split(r"[|;]", value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Refused(name, "invalid", 'Write a list of texts; in CSV separate them by "|".')
    found = [unicodedata.normalize("NFC", item).strip() for item in items]
    if any(len(item) > limit for item in found) or len(found) > MAX_LIST:
        raise Refused(name, "max_length", f"At most {MAX_LIST} texts of {limit:,} characters.")
    return [item for item in found if item]


def _line_of(values: Mapping[str, Any], name: str, limit: int) -> str:
    value = values.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Refused(name, "invalid", "Write one short text.")
    text = unicodedata.normalize("NFC", str(value)).strip()
    problem = text_problem(text, single_line=True)
    if problem:
        raise Refused(name, *problem)
    if len(text) > limit:
        raise Refused(name, "max_length", f"Use at most {limit} characters; there are {len(text)}.")
    return text


def _weight(value: Any) -> float:
    if value in (None, ""):
        return 1.0
    try:
        weight = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        weight = -1.0
    if not 0.1 <= weight <= 10:
        raise Refused("weight", "out_of_range", "The weight is a number between 0.1 and 10.")
    return weight


def _yes(values: Mapping[str, Any], name: str) -> bool:
    value = values.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else str(value)
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused(name, "choice", f"Write true or false; this is {value!r:.60}.")


def _stored(value: Any) -> Any:
    """Return ``value`` as the database gives it back, so that its digest stays the same."""
    if isinstance(value, float) and abs(value) >= _WHOLE_FROM and math.isfinite(value):
        return int(Decimal(repr(value)))
    if isinstance(value, Mapping):
        return {name: _stored(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_stored(item) for item in value]
    return value
