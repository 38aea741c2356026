"""From bytes to raw rows: what kind of file it is, its lines, its columns."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence

from evaluations.datasets.importing.types import (
    MAX_BYTES,
    MAX_FIELD_BYTES,
    MAX_ROWS,
    ImportPreview,
    RawRow,
)
from portal.common.errors import DomainError
from portal.common.strictjson import loads

_BINARY = {
    b"PK\x03\x04": "a zip file (or an Excel workbook)",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"BZh": "a bzip2 file",
    b"7z\xbc\xaf": "a 7z file",
}
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# The csv module's own limit would stop before ours with a message of its own.
csv.field_size_limit(MAX_BYTES)


def text_of(data: bytes, preview: ImportPreview) -> str | None:
    """Return the file as text, or None with the reason in ``preview``."""
    if len(data) > MAX_BYTES:
        preview.refuse(0, "file", "too_large", "The file is larger than 20 MB; split it.")
        return None
    for magic, name in _BINARY.items():
        if data.startswith(magic):
            preview.refuse(
                0,
                "file",
                "file_type",
                f"This is {name}, not a text file; save it as JSONL or CSV in UTF-8.",
            )
            return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        preview.refuse(0, "file", "encoding", "The file is UTF-16; save it as UTF-8.")
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        preview.refuse(
            line,
            "file",
            "encoding",
            f"Line {line} is not valid UTF-8 (byte {problem.start + 1} of the file);"
            " save the file as UTF-8.",
        )
        return None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        preview.refuse(
            line,
            "file",
            "null_character",
            f"Line {line} holds a null character (U+0000), so this is not a text file that"
            " can be imported; remove it.",
        )
        return None
    if not text.strip():
        preview.refuse(0, "file", "empty", "There are no examples in this file.")
        return None
    return text


def is_json_array(filename: str, text: str) -> bool:
    """Whether the text is read as one JSON array of objects."""
    named = filename.lower().endswith((".json", ".txt"))
    return named and text.lstrip().startswith("[")


def is_jsonl(filename: str, text: str) -> bool:
    """Whether the text is read as JSONL: by its name, else by its first character."""
    name = filename.lower()
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return True
    if name.endswith((".csv", ".tsv")):
        return False
    return text.lstrip().startswith("{")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number, line). Not str.splitlines: it also splits at U+2028 inside a string."""
    start, number = 0, 0
    while start <= len(text):
        number += 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        # A lone carriage return ends a line too.
        for place, part in enumerate(text[start:end].removesuffix("\r").split("\r")):
            number += bool(place)
            yield number, part
        start = end + 1


def jsonl_rows(text: str, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per line; a line that is not one JSON object becomes an error."""
    preview.format = "JSONL"
    for number, line in _lines(text):
        if not line.strip():
            continue
        preview.total += 1
        if preview.total <= MAX_ROWS:
            yield from _object(line, number, preview, mapping, "This line is")


def json_rows(text: str, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per object of a JSON array, with the line where it begins."""
    preview.format = "JSON"
    scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
    place = text.index("[") + 1
    line, counted, after_comma = 1, 0, False
    while True:
        while place < len(text) and text[place] in " \t\r\n":
            place += 1
        line, counted = line + text.count("\n", counted, place), place
        if place < len(text) and text[place] == "]" and not after_comma:
            if text[place + 1 :].strip():
                preview.refuse(line, "file", "parse_error", "There is more after the array.")
            return
        if place >= len(text):
            preview.refuse(line, "file", "parse_error", "The array is never closed with ].")
            return
        try:
            _, end = scan(text, place)
        except RecursionError:
            preview.refuse(line, "", "too_deep", "The JSON is nested deeper than 32 levels.")
            return
        except ValueError as problem:
            said = getattr(problem, "msg", "it cannot be read")
            preview.refuse(line, "file", "parse_error", f"This is not valid JSON: {said}.")
            return
        preview.total += 1
        if preview.total <= MAX_ROWS:
            yield from _object(text[place:end], line, preview, mapping, "This object is")
        place = end
        while place < len(text) and text[place] in " \t\r\n":
            place += 1
        after_comma = text[place : place + 1] == ","
        if after_comma:
            place += 1
        elif text[place : place + 1] != "]":
            at = line + text.count("\n", counted, place)
            preview.refuse(at, "file", "parse_error", "A comma or ] is missing after this object.")
            return


def _object(
    text: str, line: int, preview: ImportPreview, mapping: Mapping[str, str], called: str
) -> Iterator[RawRow]:
    try:
        value = loads(text)
    except DomainError as problem:
        first = problem.errors[0] if problem.errors else None
        preview.refuse(
            line,
            first.field if first else "",
            first.code if first else problem.code,
            problem.message.replace("The body is", called),
        )
        return
    if not isinstance(value, dict):
        preview.refuse(
            line,
            "",
            "object",
            'Each line is one JSON object, such as {"input": "…", "expected": "…"}.',
        )
        return
    for name in value:
        if name not in preview.columns:
            preview.columns.append(name)
    if mapping:
        named: dict[str, object] = {}
        for name, item in value.items():
            means = mapping.get(name, name)
            if means and means in named:
                words = f'Two columns of this row mean "{means}".'
                preview.refuse(line, means, "duplicate_column", words)
                return
            if means:
                named[means] = item
        value = named
    yield RawRow(line, value, typed=True)


def _sniff(header: str) -> str:
    """Return the separator that occurs most often in the header, outside quotes."""
    plain = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=lambda s: (plain.count(s), s == ","))


def csv_rows(text: str, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per record; the separator is found from the header and shown."""
    preview.format = "CSV"
    separator = _sniff(text.lstrip("\r\n").split("\n", 1)[0])
    preview.separator = _SEPARATORS[separator]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            unclosed = "unexpected end" in str(problem)
            preview.refuse(
                line,
                "",
                "csv_quote",
                f"The quote that opens in the record at line {line} is never closed."
                if unclosed
                else f"The record at line {line} has text after a closing quote; write a quote"
                ' inside a cell twice ("").',
            )
            return
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            preview.columns = list(dict.fromkeys(filter(None, header)))
            twice = {n for n in header if n and header.count(n) > 1}
            shown, header = header, [mapping.get(n, n) if n else n for n in header]
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


def field_too_long(value: str) -> bool:
    """Whether a text is over 64 KiB in UTF-8."""
    return len(value) > MAX_FIELD_BYTES or (
        len(value) * 4 > MAX_FIELD_BYTES and len(value.encode("utf-8")) > MAX_FIELD_BYTES
    )
