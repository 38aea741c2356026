"""JSON from outside, read strictly: one clear sentence for each way it can be wrong."""

import json
from typing import Any

from portal.common.errors import DomainError, FieldError, Invalid
from portal.common.text import text_problem

MAX_DEPTH = 32
MAX_KEYS = 256
MAX_DIGITS = 20


class NotJson(DomainError):
    """The text is not JSON that we take; ``code`` says why."""

    default_code = "parse_error"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotJson(
                f'The key "{key[:60]}" appears twice in one object.', code="duplicate_key"
            )
        found[key] = value
    if len(found) > MAX_KEYS:
        raise NotJson(f"An object has more than {MAX_KEYS} keys.", code="too_many_keys")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotJson(f"A number too long: {len(digits)} digits, at most {MAX_DIGITS}.")
    return int(digits)


def _decimal(digits: str) -> float:
    value = float(digits)
    if len(digits) > 64 or value in (float("inf"), float("-inf")):
        raise NotJson("A number too long or too large.")
    return value


def _constant(name: str) -> Any:
    raise NotJson(f"{name} is not JSON; write null or a number.")


def _depth_problem(text: str) -> bool:
    """Nesting is counted on the text, before any parser recurses into it."""
    # So few brackets cannot nest deeper, wherever they stand; most texts end here.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif character in "]}":
            depth -= 1
    return False


def decode(data: bytes, *, allow_bom: bool = False) -> str:
    """Return ``data`` as text. Raises NotJson when it is not UTF-8 or starts with a BOM."""
    if data.startswith(b"\xef\xbb\xbf"):
        if not allow_bom:
            raise NotJson("The body starts with a byte order mark; send plain UTF-8.")
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise NotJson(f"Not valid UTF-8 at byte {problem.start + 1}.") from problem


def loads(text: str) -> Any:
    """Parse ``text`` strictly.

    Refuses NaN and Infinity, duplicate keys, more than 32 levels or 256 keys an object, numbers
    too long, null characters and lone surrogates in strings. Raises NotJson (parse_error,
    too_deep, duplicate_key, too_many_keys) or Invalid (null_character, surrogate).
    """
    if not text.strip():
        raise NotJson("The body is not valid JSON: it is empty.")
    if _depth_problem(text):
        raise NotJson(f"The JSON is nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as problem:
        raise NotJson(
            f"The body is not valid JSON: {problem.msg} at line {problem.lineno},"
            f" column {problem.colno}."
        ) from problem
    _check_strings(value, "")
    return value


def _check_strings(value: Any, path: str) -> None:
    if isinstance(value, str):
        problem = text_problem(value)
        if problem:
            raise Invalid(
                f"{path or 'The value'}: {problem[1]}", errors=(FieldError(path, *problem),)
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key, path)
            _check_strings(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_strings(item, f"{path}[{index}]")
