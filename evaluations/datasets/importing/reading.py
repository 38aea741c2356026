"""From bytes to raw rows: what kind of file it is, its lines, its columns."""

import csv
import io
from collections.abc import Iterator

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


def is_jsonl(filename: str, text: str) -> bool:
    """Whether the text is read as JSONL: by its name, else by its first character."""
    name = filename.lower()
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return True
    if name.endswith((".csv", ".tsv")):
        return False
    return text.lstrip().startswith("{")


def jsonl_rows(text: str, preview: ImportPreview) -> Iterator[RawRow]:
    """Yield one raw row per line; a line that is not one JSON object becomes an error."""
    preview.format = "JSONL"
    # Not str.splitlines: it also splits at U+2028 and friends, which may stand inside a string.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        preview.total += 1
        if preview.total > MAX_ROWS:
            continue
        try:
            value = loads(line)
        except DomainError as problem:
            preview.refuse(
                number,
                problem.errors[0].field if problem.errors else "",
                problem.errors[0].code if problem.errors else problem.code,
                problem.message.replace("The body is", "This line is"),
            )
            continue
        if not isinstance(value, dict):
            preview.refuse(
                number,
                "",
                "object",
                'Each line is one JSON object, such as {"input": "…", "expected": "…"}.',
            )
            continue
        for name in value:
            if name not in preview.columns:
                preview.columns.append(name)
        yield RawRow(number, value, typed=True)


def _sniff(header: str) -> str:
    """Return the separator that occurs most often in the header, outside quotes."""
    plain = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=lambda s: (plain.count(s), s == ","))


def csv_rows(text: str, preview: ImportPreview) -> Iterator[RawRow]:
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
            preview.columns = list(header)
            if not _header_ok(header, line, preview):
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
        yield RawRow(line, dict(zip(header, cells, strict=True)), typed=False)


def _header_ok(header: list[str], line: int, preview: ImportPreview) -> bool:
    if "" in header:
        preview.refuse(line, "", "column_name", "A column has no name in the header.")
    for name in {n for n in header if n and header.count(n) > 1}:
        preview.refuse(
            line, name, "duplicate_column", f'The column "{name}" appears twice in the header.'
        )
    for part in ("input", "expected"):
        if part in header and any(name.startswith(f"{part}.") for name in header):
            preview.refuse(
                line,
                part,
                "duplicate_column",
                f'Use either one column "{part}" or columns "{part}.…", not both.',
            )
    if not any(name == "input" or name.startswith("input.") for name in header):
        preview.refuse(
            line,
            "input",
            "required",
            'There is no column "input" (or "input.subject", "input.body", …).'
            f" The columns found are: {', '.join(header)[:200]}.",
        )
    return preview.error_count == 0


def field_too_long(value: str) -> bool:
    """Whether a text is over 64 KiB in UTF-8."""
    return len(value) > MAX_FIELD_BYTES or (
        len(value) * 4 > MAX_FIELD_BYTES and len(value.encode("utf-8")) > MAX_FIELD_BYTES
    )
