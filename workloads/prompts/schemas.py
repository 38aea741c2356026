"""JSON Schemas that people write, checked against answers that models write: neither is trusted.

Differences from plain jsonschema, each against a schema or an answer that would run for ever or
reach out: `$ref` stays inside the schema and leads somewhere, patterns run on RE2, `uniqueItems`
compares by hash, the references that one answer makes it follow are counted.
"""

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

MAX_DEPTH = 16
MAX_CHARACTERS = 65_536
MAX_PATTERN = 1_000
MAX_REFERENCES = 10_000
_SHOWN = 200
_UNSUPPORTED = ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$anchor", "patternProperties")

_followed: ContextVar[list[int]] = ContextVar("schema_references_followed")


class _TooCostly(Exception):
    pass


def schema_problem(schema: Any) -> tuple[str, str] | None:
    """Return (code, sentence) of why ``schema`` cannot be used, or None when it can.

    Codes: invalid, too_deep, max_length, remote_ref, unsupported, pattern.
    """
    if not isinstance(schema, Mapping):
        return "invalid", "A JSON Schema is a JSON object."
    if len(json.dumps(schema)) > MAX_CHARACTERS:
        return "max_length", f"A JSON Schema has at most {MAX_CHARACTERS:,} characters."
    found = next(_node_problems(schema, schema, "", 1), None)
    if found is not None:
        return found
    try:
        # Without a format checker, so that no pattern is compiled by the backtracking engine.
        Draft202012Validator.check_schema(dict(schema), format_checker=FormatChecker(formats=()))
    except SchemaError as problem:
        return "invalid", f"Not a JSON Schema: {problem.message[:_SHOWN]}"
    return None


def mismatch(schema: Mapping[str, Any], value: Any) -> str:
    """Return how ``value`` departs from a schema that has no problem, or "" when it follows it."""
    token = _followed.set([0])
    try:
        found = next(iter(_validator(json.dumps(schema, sort_keys=True)).iter_errors(value)), None)
    except (RecursionError, _TooCostly):
        return "the schema refers to itself without end"
    finally:
        _followed.reset(token)
    if found is None:
        return ""
    where = "" if found.json_path == "$" else f"{found.json_path[:_SHOWN]}: "
    return f"{where}{found.message[:_SHOWN]}"


def _node_problems(node: Any, root: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        yield "too_deep", f"Nest a JSON Schema at most {MAX_DEPTH} levels."
        return
    if isinstance(node, list):
        for item in node:
            yield from _node_problems(item, root, path, depth + 1)
    if not isinstance(node, Mapping):
        return
    # Below `properties` and `$defs` the keys are names and not keywords.
    names = path in ("properties", "$defs", "dependentSchemas")
    for key, value in node.items():
        if not names:
            problem = _keyword_problem(key, value, root)
            if problem:
                yield problem
        if names or key not in ("enum", "const", "default", "examples"):
            yield from _node_problems(value, root, "" if names else key, depth + 1)


def _keyword_problem(key: str, value: Any, root: Any) -> tuple[str, str] | None:
    if key in _UNSUPPORTED:
        return "unsupported", f"{key} is not supported in a JSON Schema here."
    if key in ("$ref", "$id") and isinstance(value, str):
        if key == "$id" or not (value == "#" or value.startswith("#/")):
            return "remote_ref", f"{key} may only point inside the schema (#/$defs/name)."
        if not _leads_somewhere(value, root):
            return "remote_ref", f"$ref leads nowhere: {value[:_SHOWN]}"
    if key == "pattern" and isinstance(value, str):
        if len(value) > MAX_PATTERN:
            return "pattern", f"A pattern has at most {MAX_PATTERN:,} characters."
        try:
            _compiled(value)
        except re2.error:
            return "pattern", "A pattern may not look around or refer back (RE2)."
    return None


def _leads_somewhere(ref: str, root: Any) -> bool:
    node = root
    for part in ref.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or name not in node:
            return False
        node = node[name]
    return isinstance(node, Mapping | bool)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    return re2.compile(pattern, options=options)


def _reference(validator: Any, ref: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    count = _followed.get()
    count[0] += 1
    if count[0] > MAX_REFERENCES:
        raise _TooCostly
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, schema)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance[:MAX_CHARACTERS]):
        yield ValidationError("does not match the pattern")


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list):
        seen = {json.dumps(item, sort_keys=True) for item in instance}
        if len(seen) != len(instance):
            yield ValidationError("has items that are not unique")


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"$ref": _reference, "pattern": _pattern, "uniqueItems": _unique}
)


@lru_cache(maxsize=64)
def _validator(schema_text: str) -> Any:
    # An empty registry has nothing to fetch with: a reference is found in the schema or nowhere.
    return _Validator(json.loads(schema_text), registry=Registry())
