"""A file from examples: what is written here, `importing.parse` reads back exactly.

CSV is written so that no spreadsheet takes a cell for a formula: a cell that would begin one has
an apostrophe before it, and the column ``formula_safe`` says so.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from evaluations.datasets.importing.fields import Refused, read_expected, read_input, read_list
from evaluations.datasets.importing.tables import escaped
from evaluations.datasets.importing.types import MAX_TAG, ImportedExample, RawRow
from evaluations.datasets.models import ExampleRevision

FORMATS = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
_LISTS = {"must_include": 1_000, "must_not_include": 1_000, "tags": MAX_TAG}


Example: TypeAlias = ExampleRevision | ImportedExample


def as_line(example: Example) -> dict[str, Any]:
    """Return an example as a line of a JSONL file holds it; what is usual is left out."""
    found: dict[str, Any] = {
        "key": example.key,
        "kind": str(example.kind),
        "input": example.input,
    }
    if example.context:
        found["context"] = list(example.context)
    if example.expected is not None:
        found["expected"] = example.expected
    if example.expects != "answer":
        found["expects"] = str(example.expects)
    for name in _LISTS:
        items = list(getattr(example, name))
        if items:
            found[name] = items
    if example.weight != 1:
        found["weight"] = example.weight
    if example.held_out:
        found["held_out"] = True
    if example.source_ref:
        found["source"] = example.source_ref
    if example.licence:
        found["licence"] = example.licence
    return found


def jsonl(examples: Sequence[Example]) -> Iterator[str]:
    """Yield the lines of a JSONL file, each with its end."""
    for example in examples:
        yield json.dumps(as_line(example), ensure_ascii=False) + "\n"


def csv_lines(examples: Sequence[Example]) -> Iterator[str]:
    """Yield the lines of a CSV file after RFC 4180, each with its end.

    A field stands in plain columns where every example reads back from them exactly; else in one
    column of JSON (``expected:json``), so that nothing is lost.
    """
    columns = [*_columns(examples)]
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow([*(name for name, _ in columns), "formula_safe"])
    yield held.getvalue()
    for example in examples:
        held.seek(0)
        held.truncate()
        writer.writerow([*(cell(example) for _, cell in columns), "yes"])
        yield held.getvalue()


Cell = Callable[[Example], str]


def _columns(examples: Sequence[Example]) -> Iterator[tuple[str, Cell]]:
    yield "key", lambda one: escaped(one.key)
    yield "kind", lambda one: str(one.kind)
    yield from _value_columns("input", examples, read_input)
    if any(one.context for one in examples):
        yield "context:json", _json("context")
    yield from _value_columns("expected", examples, read_expected)
    yield "expects", lambda one: str(one.expects)
    for name, limit in _LISTS.items():
        if not any(getattr(one, name) for one in examples):
            continue
        if all(_list_reads_back(list(getattr(one, name)), name, limit) for one in examples):
            yield name, _joined(name)
        else:
            yield f"{name}:json", _json(name)
    yield "weight", lambda one: json.dumps(one.weight)
    if any(one.held_out for one in examples):
        yield "held_out", lambda one: "true" if one.held_out else "false"
    yield "source", lambda one: escaped(one.source_ref)
    yield "licence", lambda one: escaped(one.licence)


def _value_columns(
    field: str, examples: Sequence[Example], read: Callable[[RawRow], Any]
) -> Iterator[tuple[str, Cell]]:
    """Yield the columns of the input or of what is expected."""
    values = [getattr(one, field) for one in examples]
    if all(isinstance(value, str) for value in values):
        if all(_reads_back(value, {field: value}, read) for value in values):
            yield field, _text(field)
            return
    elif values and all(isinstance(value, Mapping) and value for value in values):
        names = list(values[0])
        if all(list(value) == names for value in values):
            rows = ({f"{field}.{n}": _plain(v) for n, v in value.items()} for value in values)
            # A name with spaces around it, or empty, would not be read as it is.
            named = all(name and name == name.strip() and name.isprintable() for name in names)
            if named and all(
                _reads_back(value, row, read) for value, row in zip(values, rows, strict=True)
            ):
                for name in names:
                    yield f"{field}.{name}", _part(field, name)
                return
    yield f"{field}:json", _json(field)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _reads_back(value: Any, row: dict[str, Any], read: Callable[[RawRow], Any]) -> bool:
    try:
        return _same(read(RawRow(1, row, typed=False)), value)
    except Refused:
        return False


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 is not true, and "1" is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _list_reads_back(items: list[str], name: str, limit: int) -> bool:
    try:
        return read_list({name: "|".join(items)}, name, limit) == items
    except Refused:
        return False


def _text(field: str) -> Cell:
    return lambda one: escaped(getattr(one, field))


def _part(field: str, name: str) -> Cell:
    def cell(one: Example) -> str:
        value = getattr(one, field)[name]
        return escaped(value) if isinstance(value, str) else _plain(value)

    return cell


def _joined(name: str) -> Cell:
    return lambda one: escaped("|".join(getattr(one, name)))


def _json(field: str) -> Cell:
    return lambda one: escaped(json.dumps(getattr(one, field), ensure_ascii=False))
