"""Tables: CSV and its kin, one record at a time, and cells that no spreadsheet runs."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from evaluations.datasets.importing.reading import LINE, TOO_LONG
from evaluations.datasets.importing.types import (
    MAX_NAMES,
    MAX_ROW_BYTES,
    MAX_ROWS,
    ImportPreview,
    RawRow,
)
from portal.common.errors import DomainError
from portal.common.strictjson import loads

_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEADER = re.compile(rb"[\r\n]*([^\n]*)")
# The csv module keeps a field at four bytes a character: a quote that is never closed ends here.
csv.field_size_limit(MAX_ROW_BYTES)


class _LongLine(Exception):
    """A line that is longer than any row may be; its number is the argument."""


def _lines(data: bytes) -> Iterator[str]:
    """Yield the lines with their ends, as the csv module wants them; one is text at a time."""
    for number, found in enumerate(LINE.finditer(data), start=1):
        if found.end() - found.start() > MAX_ROW_BYTES:
            raise _LongLine(number)
        yield found[0].decode()


def _sniff(header: str) -> str:
    """Return the separator that occurs most often in the header, outside quotes."""
    plain = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=lambda s: (plain.count(s), s == ","))


def csv_rows(data: bytes, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per record; the separator is found from the header and shown."""
    preview.format = "CSV"
    first = _HEADER.match(data)
    separator = _sniff(first[1][:MAX_ROW_BYTES].decode(errors="ignore") if first else "")
    preview.separator = _SEPARATORS[separator]
    reader = csv.reader(_lines(data), delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _LongLine as problem:
            preview.refuse(int(problem.args[0]), "", "max_length", TOO_LONG)
            return
        except csv.Error as problem:
            preview.refuse(line, "", *_csv_problem(str(problem), line))
            return
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            preview.columns = list(dict.fromkeys(filter(None, header)))
            twice = {n for n in header if n and header.count(n) > 1}
            shown, header = header, [mapping.get(n, n) if n else n for n in header]
            if len(header) > MAX_NAMES:
                preview.columns = []
                words = f"The header has {len(header):,} columns; at most {MAX_NAMES} are read."
                preview.refuse(line, "", "too_many_columns", words)
                return
            if not _header_ok(shown, header, twice, line, preview):
                return
            continue
        preview.total += 1
        if preview.total > MAX_ROWS:
            continue
        if len(cells) != len(header):
            preview.refuse(
                line,
                "",
                "columns",
                f"This row has {len(cells)} cells, the header has {len(header)}.",
            )
            continue
        if "formula_safe" in header:
            cells = [unescaped(cell) for cell in cells]
        named = {name: cell for name, cell in zip(header, cells, strict=True) if name}
        row = _exact(named, line, preview)
        if row is not None:
            yield row


def _csv_problem(said: str, line: int) -> tuple[str, str]:
    """Return code and sentence for what the csv module says of a record."""
    if "unexpected end" in said:
        return "csv_quote", f"The quote that opens in the record at line {line} is never closed."
    if "field limit" in said:
        return (
            "max_length",
            f"A cell of the record at line {line} is longer than 1 MiB; a quote that opens there"
            " may never be closed.",
        )
    return (
        "csv_quote",
        f"The record at line {line} has text after a closing quote; write a quote inside a cell"
        ' twice ("").',
    )


def _exact(values: dict[str, str], line: int, preview: ImportPreview) -> RawRow | None:
    """Return the row with its JSON cells read: those of columns like ``expected:json``."""
    named = [name for name in values if name.endswith(":json")]
    read: dict[str, object] = {**values}
    for name in named:
        field, cell = name.removesuffix(":json"), str(read.pop(name))
        try:
            read[field] = loads(cell) if cell.strip() else None
        except DomainError as problem:
            words = problem.message.replace("The body is", "This cell is")
            preview.refuse(line, field, problem.code, words)
            return None
    return RawRow(line, read, False, frozenset(name.removesuffix(":json") for name in named))


# What a spreadsheet takes for a formula when a cell begins with it, full-width forms included.
FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def escaped(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula; `unescaped` undoes it."""
    return f"'{cell}" if _would_run(cell) else cell


def unescaped(cell: str) -> str:
    """Return what `escaped` was given."""
    return cell[1:] if cell.startswith("'") and _would_run(cell[1:]) else cell


def _would_run(cell: str) -> bool:
    return cell.lstrip("'")[:1] in tuple(FORMULA_STARTS)


def _header_ok(
    shown: Sequence[str],
    header: Sequence[str],
    twice: set[str],
    line: int,
    preview: ImportPreview,
) -> bool:
    """Whether the columns can be read; ``shown`` are their names in the file."""
    if "" in shown:
        preview.refuse(line, "", "column_name", "A column has no name in the header.")
    for name in sorted(twice):
        preview.refuse(
            line, name, "duplicate_column", f'The column "{name}" appears twice in the header.'
        )
    for name in sorted({n for n in header if n and header.count(n) > 1} - twice):
        preview.refuse(line, name, "duplicate_column", f'Two columns mean "{name}".')
    for part in ("input", "expected"):
        if part in header and any(name.startswith(f"{part}.") for name in header):
            preview.refuse(
                line,
                part,
                "duplicate_column",
                f'Use either one column "{part}" or columns "{part}.…", not both.',
            )
    if not any(name == "input" or name.startswith(("input.", "input:")) for name in header):
        preview.refuse(
            line,
            "input",
            "required",
            'There is no column "input" (or "input.subject", "input.body", …).'
            f" The columns found are: {', '.join(shown)[:200]}.",
        )
    return preview.error_count == 0
