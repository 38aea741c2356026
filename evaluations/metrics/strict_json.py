"""Strict JSON from untrusted text: RFC 8259, no duplicate keys, bounded depth and length."""

import json
import math
import re
from typing import Any

MAX_CHARACTERS = 1_048_576
MAX_DEPTH = 32
MAX_DIGITS = 100

# The closing quote is optional so that an open string cannot make the scan start over again.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_INFO = re.compile(r"[A-Za-z0-9_+.-]{0,40}")


class InvalidJson(ValueError):
    """The text is not strict JSON; the message says what is wrong, without repeating the text."""


def parse(text: str) -> Any:
    """The value of a JSON text.

    Raises InvalidJson for anything else: prose or a fence around it, a byte order mark, NaN or
    Infinity, a repeated key, nesting deeper than 32, a number over 100 digits or beyond a double's
    range, more than 1 MiB of characters. Lone surrogates in escapes are JSON and pass; clean text
    before storing it.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidJson(f"longer than {MAX_CHARACTERS:,} characters")
    if _depth(text) > MAX_DEPTH:
        raise InvalidJson(f"nested deeper than {MAX_DEPTH}")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except InvalidJson:
        raise
    except json.JSONDecodeError as error:
        raise InvalidJson(f"{error.msg} at character {error.pos + 1}") from error


def unfence(text: str) -> str | None:
    """The inside of an answer that is one Markdown code fence from end to end, else None."""
    opening, newline, rest = text.strip().partition("\n")
    if not newline or not opening.startswith("```") or not rest.endswith("```"):
        return None
    inside = rest.removesuffix("```")
    if "```" in inside or not _INFO.fullmatch(opening[3:].strip()):
        return None
    return inside.strip()


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidJson("a key appears twice in one object")
    return result


def _constant(name: str) -> float:
    raise InvalidJson(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidJson(f"a number has more than {MAX_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise InvalidJson(f"a number has more than {MAX_DIGITS} digits")
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJson("a number is too large")
    return number
