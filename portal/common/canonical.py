"""Canonical JSON and digests: the same record gives the same bytes, for ever.

RFC 8785 fixes key order, escapes and number form. What JSON has no word for is turned into
text first, by one rule here, so that every slice digests alike.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import rfc8785

# RFC 8785 writes numbers as IEEE doubles; larger integers would lose digits without a word.
_SAFE_INTEGER = 2**53 - 1


def jsonable(value: Any) -> Any:
    """Return ``value`` as plain JSON data.

    Decimals become normalised text ("0.5", never "0.50"), dates ISO 8601, UUIDs text, sets
    sorted lists, integers beyond 2**53 text. Raises TypeError for anything else.
    """
    match value:
        case None | bool() | str() | float():
            return value
        case int():
            return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else str(value)
        case Decimal():
            text = format(value.normalize(), "f")
            return "0" if text == "-0" else text
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case set() | frozenset():
            return sorted((jsonable(item) for item in value), key=str)
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def canonical_bytes(value: Any) -> bytes:
    """Return the RFC 8785 bytes of ``value`` (see `jsonable` for what it may hold)."""
    try:
        return _PLAIN.encode(_plain(value)).encode()
    except (_NotPlain, UnicodeEncodeError):
        return rfc8785.dumps(jsonable(value))


# For texts, whole numbers and ASCII keys the json module writes the very bytes of RFC 8785, some
# ten times as fast: the same escapes, and keys in the same order. Fractions and other keys are
# written otherwise, and left to the library.
_PLAIN = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
)


class _NotPlain(Exception):
    """The value holds something whose canonical form is not what the json module writes."""


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else str(value)
    if kind is dict:
        for key in value:
            if type(key) is not str or not key.isascii():
                raise _NotPlain
        return {key: _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind is float and value.is_integer() and -_SAFE_INTEGER <= value <= _SAFE_INTEGER:
        return int(value)
    raise _NotPlain


def digest(value: Any) -> str:
    """Return ``sha256:<64 hex digits>`` over the canonical bytes of ``value``."""
    return "sha256:" + hashlib.sha256(canonical_bytes(value)).hexdigest()
