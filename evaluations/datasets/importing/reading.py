"""From bytes to raw rows: what kind of file it is, its lines, its objects.

Rows are cut out of the bytes one at a time, none longer than `MAX_ROW_BYTES`, and only then become
text and values: however a file is nested or quoted, no more than one row of it is unfolded beside
what is kept.
"""

import codecs
import re
from collections.abc import Iterator, Mapping

from evaluations.datasets.importing.types import (
    MAX_BYTES,
    MAX_FIELD_BYTES,
    MAX_NAMES,
    MAX_ROW_BYTES,
    MAX_ROWS,
    ImportPreview,
    RawRow,
)
from portal.common.errors import DomainError
from portal.common.strictjson import loads

TOO_LONG = "A row may hold at most 1 MiB; this one is longer."
# A line with its end; a lone carriage return ends one too, U+2028 does not.
LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]+")
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
_START = re.compile(rb"\s*(\S)")
_SPACE = re.compile(rb"[ \t\r\n]*")
# A whole string, or a sign that opens or closes; a lone quote is a string that never ends.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{}]', re.DOTALL)
_WORD = re.compile(rb"[^,\]\s]*")
_CHUNK = 1024 * 1024


def checked_bytes(data: bytes, preview: ImportPreview) -> bytes | None:
    """Return the bytes of a text file, or None with the reason in ``preview``.

    They are valid UTF-8 without a byte order mark and without null characters.
    """
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
    data = data.removeprefix(b"\xef\xbb\xbf")
    wrong = _not_utf8(data)
    if wrong is not None:
        line = data.count(b"\n", 0, wrong) + 1
        preview.refuse(
            line,
            "file",
            "encoding",
            f"Line {line} is not valid UTF-8 (byte {wrong + 1} of the file);"
            " save the file as UTF-8.",
        )
        return None
    null = data.find(b"\x00")
    if null >= 0:
        line = data.count(b"\n", 0, null) + 1
        preview.refuse(
            line,
            "file",
            "null_character",
            f"Line {line} holds a null character (U+0000), so this is not a text file that"
            " can be imported; remove it.",
        )
        return None
    if not _START.match(data):
        preview.refuse(0, "file", "empty", "There are no examples in this file.")
        return None
    return data


def _not_utf8(data: bytes) -> int | None:
    """Return where the first byte is that is not UTF-8; the text is not kept."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data) or 1, _CHUNK):
        chunk = data[start : start + _CHUNK]
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as problem:
            return start - waiting + problem.start
    return None


def is_json_array(filename: str, data: bytes) -> bool:
    """Whether the file is read as one JSON array of objects."""
    return filename.lower().endswith((".json", ".txt")) and _begins(data) == b"["


def is_jsonl(filename: str, data: bytes) -> bool:
    """Whether the file is read as JSONL: by its name, else by its first character."""
    name = filename.lower()
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return True
    if name.endswith((".csv", ".tsv")):
        return False
    return _begins(data) == b"{"


def _begins(data: bytes) -> bytes:
    found = _START.match(data)
    return found[1] if found else b""


def jsonl_rows(data: bytes, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per line; a line that is not one JSON object becomes an error."""
    preview.format = "JSONL"
    for number, found in enumerate(LINE.finditer(data), start=1):
        start, end = found.span()
        if end - start > MAX_ROW_BYTES:
            preview.total += 1
            preview.refuse(number, "", "max_length", TOO_LONG)
            continue
        line = found[0].decode().rstrip("\r\n")
        if not line.strip():
            continue
        preview.total += 1
        if preview.total <= MAX_ROWS and not preview.stopped:
            yield from _object(line, number, preview, mapping, "This line is")


def json_rows(data: bytes, preview: ImportPreview, mapping: Mapping[str, str]) -> Iterator[RawRow]:
    """Yield one raw row per object of a JSON array, with the line where it begins."""
    preview.format = "JSON"
    place = data.index(b"[") + 1
    line, counted, after_comma = 1, 0, False
    while not preview.stopped:
        place = _after_space(data, place)
        line, counted = line + data.count(b"\n", counted, place), place
        if data[place : place + 1] == b"]" and not after_comma:
            if _after_space(data, place + 1) < len(data):
                preview.refuse(line, "file", "parse_error", "There is more after the array.")
            return
        if place >= len(data):
            preview.refuse(line, "file", "parse_error", "The array is never closed with ].")
            return
        end = _end_of_value(data, place)
        if end is None:
            # What is cut off at a row's most would be read from its middle: nothing after it is.
            if len(data) - place > MAX_ROW_BYTES:
                preview.refuse(line, "", "max_length", TOO_LONG)
            else:
                words = "This is not valid JSON: what opens here is never closed."
                preview.refuse(line, "file", "parse_error", words)
            return
        if end == place:
            words = "This is not valid JSON: a value is missing."
            preview.refuse(line, "file", "parse_error", words)
            return
        preview.total += 1
        if preview.total <= MAX_ROWS:
            yield from _object(data[place:end].decode(), line, preview, mapping, "This object is")
        place = _after_space(data, end)
        after_comma = data[place : place + 1] == b","
        if after_comma:
            place += 1
        elif data[place : place + 1] != b"]":
            at = line + data.count(b"\n", counted, place)
            preview.refuse(at, "file", "parse_error", "A comma or ] is missing after this object.")
            return


def _after_space(data: bytes, place: int) -> int:
    found = _SPACE.match(data, place)
    return found.end() if found else place


def _end_of_value(data: bytes, place: int) -> int | None:
    """Return where the JSON value at ``place`` ends, at most a row on; None where it does not."""
    most = place + MAX_ROW_BYTES
    if data[place : place + 1] not in (b"{", b"[", b'"'):
        found = _WORD.match(data, place, most)
        return found.end() if found else place
    depth = 0
    for token in _TOKEN.finditer(data, place, most):
        sign = token[0]
        if sign == b'"':
            return None
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        if depth == 0:
            return token.end()
    return None


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
    if not _named(value, line, preview):
        return
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


def _named(value: Mapping[str, object], line: int, preview: ImportPreview) -> bool:
    """Note the names of an object's values; False when the file has more than are read."""
    for name in value:
        if name in preview.names:
            continue
        if len(preview.names) >= MAX_NAMES:
            words = f"The rows name more than {MAX_NAMES} different fields; that is the most."
            preview.refuse(line, "file", "too_many_columns", words)
            preview.stopped = True
            return False
        preview.names.add(name)
        preview.columns.append(name)
    return True


def field_too_long(value: str) -> bool:
    """Whether a text is over 64 KiB in UTF-8."""
    return len(value) > MAX_FIELD_BYTES or (
        len(value) * 4 > MAX_FIELD_BYTES and len(value.encode("utf-8")) > MAX_FIELD_BYTES
    )
