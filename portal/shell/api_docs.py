"""The OpenAPI document as a page shows it: groups of endpoints with their fields and answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
# Deeper than this a shape is named, not unfolded.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body or an answer; ``name`` is its path ("phases[].key")."""

    name: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an endpoint: its status, what it means, its body's media type and fields."""

    status: str
    description: str
    fields: list[Field]
    media: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method on one path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    signs_in: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]
    refusals: list[Answer]


@dataclass(frozen=True, slots=True)
class Group:
    """The endpoints about one thing."""

    name: str
    endpoints: list[Endpoint]


def groups(document: Mapping[str, Any]) -> list[Group]:
    """Return what ``document`` (OpenAPI 3) describes, grouped by its tags, in order of name."""
    found: dict[str, list[Endpoint]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                made = _endpoint(document, path, method, methods[method])
                found.setdefault(methods[method]["tags"][0], []).append(made)
    return [Group(name, found[name]) for name in sorted(found)]


def _endpoint(
    document: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any]
) -> Endpoint:
    answers = [
        Answer(status, _words(one), _content(document, one), ", ".join(one.get("content", ())))
        for status, one in sorted(told["responses"].items())
    ]
    schemes = [name for one in told.get("security", ()) for name in one]
    description = _words(told)
    summary = str(told.get("summary", ""))
    return Endpoint(
        id=str(told["operationId"]).replace("_", "-"),
        method=method.upper(),
        path=path,
        summary=summary,
        description="" if description.rstrip(".") == summary else description,
        signs_in=", ".join(schemes),
        parameters=[
            Field(
                one["name"],
                f"{_kind(document, one['schema'])}, {one['in']}",
                bool(one.get("required")),
                _words(one),
            )
            for one in told.get("parameters", ())
        ],
        body=_content(document, told.get("requestBody", {})),
        answers=[one for one in answers if one.status < "400"],
        refusals=[one for one in answers if one.status >= "400"],
    )


def _words(told: Mapping[str, Any]) -> str:
    """Return a description as plain words, without the marks of code."""
    return str(told.get("description") or "").replace("`", "")


def _content(document: Mapping[str, Any], holder: Mapping[str, Any]) -> list[Field]:
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return list(_fields(document, schema, "", _DEPTH)) if schema else []


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, also the one that stands in ``allOf`` beside a null or a remark."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[1]
        found: Mapping[str, Any] = document["components"]["schemas"][name]
        return found
    inner = schema.get("allOf") or [one for one in schema.get("oneOf", ()) if "$ref" in one]
    return _resolved(document, inner[0]) if inner else schema


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    resolved = _resolved(document, schema)
    nullable = schema.get("nullable") or resolved.get("nullable")
    if resolved.get("type") == "array":
        kind = f"list of {_kind(document, resolved.get('items', {}))}"
    else:
        kind = str(resolved.get("type", "any"))
    if resolved.get("enum"):
        kind = " | ".join(str(one) for one in resolved["enum"])
    return f"{kind} or null" if nullable else kind


def _fields(
    document: Mapping[str, Any], schema: Mapping[str, Any], start: str, depth: int
) -> Iterator[Field]:
    resolved = _resolved(document, schema)
    required = resolved.get("required", ())
    for name, one in resolved.get("properties", {}).items():
        inner = _resolved(document, one)
        many = inner.get("type") == "array"
        yield Field(
            f"{start}{name}",
            _kind(document, one),
            name in required,
            _words(one),
        )
        if depth:
            within = inner.get("items", {}) if many else inner
            yield from _fields(document, within, f"{start}{name}{'[]' if many else ''}.", depth - 1)
