"""From raw rows to examples: every field read, every problem said with its line."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from evaluations.datasets.enums import Expects, Kind
from evaluations.datasets.importing.reading import (
    csv_rows,
    field_too_long,
    is_jsonl,
    jsonl_rows,
    text_of,
)
from evaluations.datasets.importing.types import (
    MAX_KEY,
    MAX_LIST,
    MAX_ROWS,
    MAX_TAG,
    ImportedExample,
    ImportPreview,
    RawRow,
)
from portal.common.canonical import canonical_bytes, digest
from portal.common.errors import DomainError
from portal.common.strictjson import loads
from portal.common.text import text_problem

KNOWN = (
    "key",
    "id",
    "kind",
    "input",
    "context",
    "expected",
    "expects",
    "must_include",
    "must_not_include",
    "tags",
    "weight",
    "source",
    "licence",
    "license",
)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")
_WORDS = {"true": True, "false": False, "null": None}


def parse(data: bytes, filename: str) -> ImportPreview:
    """Return what the file holds, with the first 100 errors by line.

    Takes JSONL (one object a line: ``input``, ``expected``, optional ``key``, ``kind``, …) and
    CSV (columns ``input`` or ``input.<variable>``, ``expected`` or ``expected.<field>``, …).
    Never raises: whatever is wrong stands in the preview's ``errors``.
    """
    preview = ImportPreview()
    text = text_of(data, preview)
    if text is None:
        return preview
    rows = jsonl_rows(text, preview) if is_jsonl(filename, text) else csv_rows(text, preview)
    seen_keys: dict[str, int] = {}
    seen_inputs: dict[str, int] = {}
    kindless = keyless = 0
    for row in rows:
        kindless += not row.values.get("kind")
        keyless += not (row.values.get("key") or row.values.get("id"))
        example = _example(row, preview)
        if example is None:
            continue
        twin = seen_inputs.setdefault(example.input_digest, row.line)
        if twin != row.line:
            preview.refuse(
                row.line,
                "input",
                "duplicate",
                f"Lines {twin} and {row.line} have the same input; keep one of them.",
            )
            continue
        twin = seen_keys.setdefault(example.key, row.line)
        if twin != row.line:
            preview.refuse(
                row.line,
                "key",
                "duplicate",
                f'Lines {twin} and {row.line} have the same key "{example.key}".',
            )
            continue
        preview.rows.append(example)
    _sum_up(preview, kindless, keyless)
    return preview


def input_digest(given: Any, context: list[dict[str, str]]) -> str:
    """Return the digest under which equal inputs are duplicates, whatever they expect."""
    return digest([_nfc(given), _nfc(context)])


def _sum_up(preview: ImportPreview, kindless: int, keyless: int) -> None:
    if preview.total > MAX_ROWS:
        preview.refuse(
            0,
            "file",
            "too_many_rows",
            f"The file has {preview.total:,} rows; at most 5,000 can be imported at once.",
        )
    if not preview.total and not preview.error_count:
        preview.refuse(0, "file", "empty", "There are no examples in this file, only a header.")
    preview.ignored = [
        name
        for name in preview.columns
        if name not in KNOWN and not name.startswith(("input.", "expected."))
    ]
    if kindless:
        preview.notices.append(f"{kindless} rows name no kind and are taken as typical.")
    if keyless:
        preview.notices.append(f"{keyless} rows name no key; each gets one made from its input.")


class _Refused(Exception):
    """A field of the row at hand is wrong."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code, self.message = name, code, message


def _example(row: RawRow, preview: ImportPreview) -> ImportedExample | None:
    try:
        return _read(row)
    except _Refused as problem:
        preview.refuse(row.line, problem.name, problem.code, problem.message)
        return None


def _read(row: RawRow) -> ImportedExample:
    values = row.values
    for name, value in values.items():
        _check_size(name, value)
    given = _input(row)
    context = _context(values.get("context"))
    seen_as = input_digest(given, context)
    key = _line_of(values, "key", MAX_KEY) or _line_of(values, "id", MAX_KEY)
    material = {
        "key": key or f"x-{seen_as[7:19]}",
        "kind": _choice(values, "kind", Kind.values, Kind.TYPICAL),
        "input": given,
        "context": context,
        "expected": _expected(row),
        "expects": _choice(values, "expects", Expects.values, Expects.ANSWER),
        "must_include": _list(values, "must_include"),
        "must_not_include": _list(values, "must_not_include"),
        "tags": sorted(set(_list(values, "tags", MAX_TAG))),
        "weight": _weight(values.get("weight")),
    }
    if material["expected"] is None and material["expects"] == Expects.ANSWER:
        listed = material["must_include"] or material["must_not_include"]
        if not listed:
            raise _Refused(
                "expected",
                "required",
                'Say what is expected: "expected", or "must_include", or an "expects" other'
                " than answer.",
            )
    return ImportedExample(
        line=row.line,
        key=str(material["key"]),
        kind=str(material["kind"]),
        input=given,
        context=tuple(context),
        expected=material["expected"],
        expects=str(material["expects"]),
        must_include=tuple(_list(values, "must_include")),
        must_not_include=tuple(_list(values, "must_not_include")),
        tags=tuple(sorted(set(_list(values, "tags", MAX_TAG)))),
        weight=_weight(values.get("weight")),
        source_ref=_line_of(values, "source", 400),
        licence=_line_of(values, "licence", 400) or _line_of(values, "license", 400),
        input_digest=seen_as,
        digest=digest(material),
    )


def _check_size(name: str, value: Any) -> None:
    texts = [value] if isinstance(value, str) else _texts(value)
    for text in texts:
        if field_too_long(text):
            raise _Refused(
                name, "max_length", "A field may hold at most 64 KiB of text; this one is longer."
            )
        problem = text_problem(text)
        if problem:
            raise _Refused(name, *problem)
    if isinstance(value, dict | list) and len(canonical_bytes(value)) > 4 * 64 * 1024:
        raise _Refused(name, "max_length", "This value is larger than 256 KiB.")


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


def _input(row: RawRow) -> Any:
    values = row.values
    parts = {n.removeprefix("input."): v for n, v in values.items() if n.startswith("input.")}
    given = parts or values.get("input")
    if isinstance(given, str) and given.strip():
        return given
    if isinstance(given, Mapping) and given:
        named = {str(name): value for name, value in given.items()}
        # An empty value in an object may be the very case that is tested; an empty CSV row is not.
        if row.typed or any(value not in (None, "", [], {}) for value in named.values()):
            return named
    if given in (None, "", [], {}) or isinstance(given, str | Mapping):
        raise _Refused("input", "required", "The input is empty; write a text or an object.")
    raise _Refused("input", "invalid", 'The input is a text or an object such as {"subject": "…"}.')


def _expected(row: RawRow) -> Any:
    values = row.values
    parts = {n.removeprefix("expected."): v for n, v in values.items() if n.startswith("expected.")}
    if parts:
        return {name: _typed(value) if not row.typed else value for name, value in parts.items()}
    value = values.get("expected")
    if row.typed or not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith(("{", "[")):
        try:
            return loads(text)
        except DomainError:
            return value
    return value if text else None


def _typed(cell: str) -> Any:
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
    raise _Refused(
        "context", "invalid", 'The context is a list of texts or of {"id", "title", "text"}.'
    )


def _choice(values: Mapping[str, Any], name: str, choices: list[str], default: str) -> str:
    value = values.get(name)
    if value in (None, ""):
        return default
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in choices:
        raise _Refused(name, "choice", f"Use one of {', '.join(choices)}; this is {value!r:.60}.")
    return word


def _list(values: Mapping[str, Any], name: str, limit: int = 1_000) -> list[str]:
    value = values.get(name)
    if value in (None, ""):
        return []
    items = re.split(r"[|;]", value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _Refused(name, "invalid", 'Write a list of texts; in CSV separate them by "|".')
    found = [unicodedata.normalize("NFC", item).strip() for item in items]
    if any(len(item) > limit for item in found) or len(found) > MAX_LIST:
        raise _Refused(name, "max_length", f"At most {MAX_LIST} texts of {limit:,} characters.")
    return [item for item in found if item]


def _line_of(values: Mapping[str, Any], name: str, limit: int) -> str:
    value = values.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Refused(name, "invalid", "Write one short text.")
    text = unicodedata.normalize("NFC", str(value)).strip()
    problem = text_problem(text, single_line=True)
    if problem:
        raise _Refused(name, *problem)
    if len(text) > limit:
        raise _Refused(
            name, "max_length", f"Use at most {limit} characters; there are {len(text)}."
        )
    return text


def _weight(value: Any) -> float:
    if value in (None, ""):
        return 1.0
    try:
        weight = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        weight = -1.0
    if not 0.1 <= weight <= 10:
        raise _Refused("weight", "out_of_range", "The weight is a number between 0.1 and 10.")
    return weight
