"""From a file to examples: every row read, every problem said with its line."""

from collections.abc import Mapping
from typing import Any

from evaluations.datasets.importing.fields import Refused, input_digest, read_row
from evaluations.datasets.importing.reading import (
    checked_bytes,
    is_json_array,
    is_jsonl,
    json_rows,
    jsonl_rows,
)
from evaluations.datasets.importing.tables import csv_rows
from evaluations.datasets.importing.types import (
    MAX_ROWS,
    MAX_VALUES,
    Declared,
    ImportedExample,
    ImportPreview,
    RawRow,
)

__all__ = ["FIELDS", "input_digest", "parse"]

# What a column may mean, beside "input.<variable>" and "expected.<field>".
FIELDS = (
    "key", "kind", "input", "context", "expected", "expects", "must_include", "must_not_include",
    "tags", "weight", "held_out", "source", "licence",
)  # fmt: skip
_KNOWN = {*FIELDS, "id", "license", "formula_safe", "digest"}


def parse(
    data: bytes,
    filename: str,
    mapping: Mapping[str, str] | None = None,
    declared: Declared | None = None,
) -> ImportPreview:
    """Return what the file holds, with the first 100 errors by line.

    Takes JSONL (one object a line: ``input``, ``expected``, optional ``key``, ``kind``, …), JSON
    (an array of such objects) and CSV (columns ``input`` or ``input.<variable>``, ``expected`` or
    ``expected.<field>``, …). ``mapping`` says what a column of another name means ("" leaves it
    out), ``declared`` what every example has to look like. Never raises: whatever is wrong stands
    in the preview's ``errors``. Memory is bounded whatever the file holds: beside the bytes it
    takes one row at a time, and keeps at most `MAX_VALUES` values of the rows read.
    """
    preview = ImportPreview()
    text = checked_bytes(data, preview)
    if text is None:
        return preview
    named = mapping or {}
    if is_json_array(filename, text):
        rows = json_rows(text, preview, named)
    elif is_jsonl(filename, text):
        rows = jsonl_rows(text, preview, named)
    else:
        rows = csv_rows(text, preview, named)
    kept = 0
    seen_keys: dict[str, int] = {}
    seen_inputs: dict[str, int] = {}
    kindless = keyless = 0
    for row in rows:
        kindless += not row.values.get("kind")
        keyless += not (row.values.get("key") or row.values.get("id"))
        example = _example(row, preview, declared)
        if example is None:
            continue
        kept += _values(example.input) + _values(example.expected) + len(example.context)
        if kept > MAX_VALUES:
            words = f"The rows hold more than {MAX_VALUES:,} values together; split the file."
            preview.refuse(row.line, "file", "too_many_values", words)
            preview.stopped = True
            break
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
    _sum_up(preview, named, kindless, keyless)
    return preview


def _values(value: Any) -> int:
    """Return how many values a value holds, itself included."""
    if isinstance(value, Mapping):
        return 1 + sum(map(_values, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_values, value))
    return 1


def _example(
    row: RawRow, preview: ImportPreview, declared: Declared | None
) -> ImportedExample | None:
    try:
        return read_row(row, declared)
    except Refused as problem:
        preview.refuse(row.line, problem.name, problem.code, problem.message)
        return None


def _sum_up(
    preview: ImportPreview, mapping: Mapping[str, str], kindless: int, keyless: int
) -> None:
    if preview.total > MAX_ROWS:
        preview.refuse(
            0,
            "file",
            "too_many_rows",
            f"The file has {preview.total:,} rows; at most 5,000 can be imported at once.",
        )
    if not preview.total and not preview.error_count:
        preview.refuse(0, "file", "empty", "There are no examples in this file, only a header.")
    meant = [mapping.get(name, name) for name in preview.columns]
    preview.ignored = [
        name
        for name, means in zip(preview.columns, meant, strict=True)
        if means.removesuffix(":json") not in _KNOWN
        and not means.startswith(("input.", "expected."))
    ]
    if preview.columns and not any(
        means == "input" or means.startswith(("input.", "input:")) for means in meant
    ):
        preview.lacks_input = True
    held_out = sum(row.held_out for row in preview.rows)
    if kindless:
        preview.notices.append(f"{kindless} rows name no kind and are taken as typical.")
    if keyless:
        preview.notices.append(f"{keyless} rows name no key; each gets one made from its input.")
    if held_out:
        preview.notices.append(
            f"{held_out} rows are held out: those who write prompts will not see their content."
        )
