"""JSON Schema (Draft 2020-12) for untrusted schemas and untrusted instances.

Differences from plain jsonschema, each against a schema or an answer that would run for ever or
reach out: `$ref` stays inside the schema, patterns run on RE2, `uniqueItems` works by hashing,
references followed are counted. `format` is an annotation only, as the standard's default says.
"""

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from evaluations.metrics.patterns import InvalidPattern, compiled, found

MAX_SCHEMA_DEPTH = 16
MAX_SCHEMA_CHARACTERS = 65_536
MAX_REFERENCES = 10_000
_SHOWN = 200


class InvalidSchema(ValueError):
    """The schema cannot be used; the message says where and why."""


class TooCostly(ValueError):
    """Checking one instance followed more references than allowed."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where an instance breaks its schema: path (`$.tags[0]`), keyword, message."""

    path: str
    keyword: str
    message: str


_followed: ContextVar[list[int]] = ContextVar("references_followed")


def _reference(validator: Any, ref: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    count = _followed.get()
    count[0] += 1
    if count[0] > MAX_REFERENCES:
        raise TooCostly(f"the schema follows more than {MAX_REFERENCES:,} references on one answer")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, schema)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not found(pattern, instance):
        yield ValidationError("does not match the pattern")


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    repeated = isinstance(instance, list) and len(set(map(_hashable, instance))) != len(instance)
    if wanted and repeated:
        yield ValidationError("has items that are not unique")


_LocalValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"$ref": _reference, "pattern": _pattern, "uniqueItems": _unique}
)


def check_schema(schema: Any) -> None:
    """Raise InvalidSchema unless this is a Draft 2020-12 schema that can be used safely.

    Refused: not an object or boolean, over 64 KiB, nested deeper than 16, a reference that leaves
    the schema or leads nowhere, dynamic references, `patternProperties`, a pattern over 1,000
    characters or outside RE2.
    """
    if not isinstance(schema, Mapping | bool):
        raise InvalidSchema("a schema is a JSON object")
    _check_nodes(schema, schema, "$", 1)
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError) as error:
        raise InvalidSchema("a schema holds only JSON values") from error
    if len(text) > MAX_SCHEMA_CHARACTERS:
        raise InvalidSchema(f"longer than {MAX_SCHEMA_CHARACTERS:,} characters")
    try:
        # Without a format checker, so that no pattern is compiled by the backtracking engine.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
        raise InvalidSchema(f"at ${where}: {error.message[:_SHOWN]}") from error


def violations(schema: Any, instance: Any) -> tuple[Violation, ...]:
    """Every place where the instance breaks the schema, by path; empty when it is valid.

    Raises InvalidSchema as `check_schema`, TooCostly when the schema multiplies its own references.
    """
    token = _followed.set([0])
    try:
        found = list(_validator(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    except RecursionError as error:
        raise TooCostly("the schema refers to itself without end") from error
    finally:
        _followed.reset(token)
    return tuple(
        sorted(
            (Violation(e.json_path, str(e.validator), e.message[:_SHOWN]) for e in found),
            key=lambda violation: (violation.path, violation.keyword),
        )
    )


@lru_cache(maxsize=64)
def _validator(schema_text: str) -> Validator:
    schema = json.loads(schema_text)
    check_schema(schema)
    # An empty registry has nothing to fetch with: a reference is found in the schema or nowhere.
    validator: Validator = _LocalValidator(schema, registry=Registry())
    return validator


def _hashable(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value).__name__, value
    if isinstance(value, Mapping):
        return "object", frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return "array", tuple(_hashable(item) for item in value)
    return "number", value


def _check_nodes(node: Any, root: Any, path: str, depth: int) -> None:
    if depth > MAX_SCHEMA_DEPTH:
        raise InvalidSchema(f"nested deeper than {MAX_SCHEMA_DEPTH}")
    if isinstance(node, list):
        for index, item in enumerate(node):
            _check_nodes(item, root, f"{path}[{index}]", depth + 1)
    if not isinstance(node, Mapping):
        return
    # Below `properties` and `$defs` the keys are names and not keywords.
    names = path.endswith((".properties", ".$defs"))
    for key, value in node.items():
        if not names:
            _check_keyword(key, value, root, path)
        if key not in ("enum", "const", "default", "examples"):
            _check_nodes(value, root, f"{path}.{key}", depth + 1)


def _check_keyword(key: str, value: Any, root: Any, path: str) -> None:
    if key in ("$dynamicRef", "$dynamicAnchor", "$recursiveRef"):
        raise InvalidSchema(f"at {path}: {key} is not supported; use $ref into $defs")
    if key == "patternProperties":
        raise InvalidSchema(f"at {path}: patternProperties is not supported; name the properties")
    if key == "$ref" and isinstance(value, str):
        if not (value == "#" or value.startswith("#/")):
            raise InvalidSchema(f"at {path}: $ref must stay in this schema, such as #/$defs/name")
        if not _leads_somewhere(value, root):
            raise InvalidSchema(f"at {path}: $ref leads nowhere: {value[:_SHOWN]}")
    if key == "$id" and path != "$":
        raise InvalidSchema(f"at {path}: $id is allowed only at the top")
    if key == "pattern" and isinstance(value, str):
        try:
            compiled(value)
        except InvalidPattern as error:
            raise InvalidSchema(f"at {path}: {error}") from error


def _leads_somewhere(ref: str, root: Any) -> bool:
    node = root
    for part in ref.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            return False
    return isinstance(node, Mapping | bool)
