"""Metrics of structured answers: valid JSON, right fields."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.metrics.expected import expected_fields
from evaluations.metrics.schemas import InvalidSchema, check_schema, violations
from evaluations.metrics.strict_json import InvalidJson, parse, unfence
from evaluations.metrics.types import (
    TOLERANCES,
    About,
    Answer,
    ArgumentError,
    Arguments,
    ExampleView,
    Family,
    Metric,
    Scale,
    Score,
    arguments_schema,
    binary,
    graded,
)

VALID_AFTER_UNFENCING = "valid after unfencing"
_SHOWN = 5
_WIDTH = 80


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """Fields that agree, that were expected, that the answer has; micro values over all records."""

    equal: int
    expected: int
    found: int

    @property
    def recall(self) -> float | None:
        """Share of the expected fields that are right; None without expected fields."""
        return self.equal / self.expected if self.expected else None

    @property
    def precision(self) -> float | None:
        """Share of the answer's fields that are right; None without fields."""
        return self.equal / self.found if self.found else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None when neither side has a field."""
        total = self.expected + self.found
        return 2.0 * self.equal / total if total else None


def flatten(value: Any) -> dict[str, Any]:
    """Leaves by path: {"lines": [{"sku": "A"}]} gives {"lines[0].sku": "A"}.

    Empty containers are leaves.
    """
    return dict(_leaves(value, ""))


def values_agree(
    expected: Any,
    found: Any,
    rel_tol: float = 1e-9,
    abs_tol: float = 0.0,
    exact_numbers: bool = False,
) -> bool:
    """Whether two leaves are equal: numbers by math.isclose, everything else exactly and by type.

    A boolean is not a number, and "1" is not 1. With `exact_numbers` 1 and 1.0 differ as well.
    """
    if _is_number(expected) and _is_number(found):
        if exact_numbers:
            return json.dumps(expected) == json.dumps(found)
        try:
            return math.isclose(expected, found, rel_tol=rel_tol, abs_tol=abs_tol)
        except OverflowError:
            return bool(expected == found)
    return type(expected) is type(found) and bool(expected == found)


def count_fields(
    records: Iterable[tuple[Any, Any]], rel_tol: float = 1e-9, exact_numbers: bool = False
) -> FieldCounts:
    """Compare (expected, found) records leaf by leaf and add up."""
    equal = wanted = had = 0
    for expected, found in records:
        left, right = flatten(expected), flatten(found)
        wanted, had = wanted + len(left), had + len(right)
        equal += sum(
            path in right and values_agree(value, right[path], rel_tol, exact_numbers=exact_numbers)
            for path, value in left.items()
        )
    return FieldCounts(equal, wanted, had)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or path):
        if not value:
            yield path, {}
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        if not value:
            yield path, []
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif not isinstance(value, Mapping):
        yield path, value


def read_json(text: str) -> tuple[Any, bool, str]:
    """(value, was it fenced, what is wrong): the last is "" when there is a value."""
    try:
        return parse(text), False, ""
    except InvalidJson as error:
        wrong = str(error)
    inside = unfence(text)
    if inside is not None:
        try:
            return parse(inside), True, ""
        except InvalidJson as error:
            wrong = f"{error}, inside its fence"
    return None, False, wrong


def _json_valid(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    value, fenced, wrong = read_json(answer.text)
    if wrong:
        return binary(False, f"not valid JSON: {wrong}")
    schema = arguments["schema"]
    if schema is not None:
        broken = violations(schema, value)
        if broken:
            after = f"{VALID_AFTER_UNFENCING}, but " if fenced else ""
            shown = "; ".join(f"{each.path}: {each.message}" for each in broken[:_SHOWN])
            return binary(False, f"{after}against the schema: {shown}{_more(len(broken))}")
    return binary(not fenced, VALID_AFTER_UNFENCING if fenced else "")


def _check_json_valid(arguments: Arguments) -> None:
    if arguments["schema"] is None:
        return
    try:
        check_schema(arguments["schema"])
    except InvalidSchema as error:
        raise ArgumentError("schema", str(error)) from error


def _looked_at(example: ExampleView, field: str) -> dict[str, Any]:
    leaves = flatten(expected_fields(example) or {})
    if not field:
        return leaves
    return {path: value for path, value in leaves.items() if _under(path, field)}


def _under(path: str, field: str) -> bool:
    return path == field or path.startswith((f"{field}.", f"{field}["))


def _field_accuracy(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
    field = arguments["field"]
    wanted = _looked_at(example, field)
    value, fenced, wrong = read_json(answer.text)
    if wrong:
        return graded(0.0, False, f"not valid JSON: {wrong}")
    if fenced and not arguments["allow_fenced"]:
        return graded(0.0, False, f"{VALID_AFTER_UNFENCING}; not counted")
    found = flatten(value) if isinstance(value, Mapping) else {}
    off = [
        f"{path}: expected {_short(expected)}, "
        + (f"got {_short(found[path])}" if path in found else "is missing")
        for path, expected in wanted.items()
        if path not in found
        or not values_agree(expected, found[path], arguments["rel_tol"], arguments["abs_tol"])
    ]
    if field:
        # A list or an object is right only as a whole: what stands beside its expected leaves is
        # wrong.
        off += [
            f"{path}: not expected" for path in found if _under(path, field) and path not in wanted
        ]
    detail = "; ".join(off[:_SHOWN]) + _more(len(off))
    share = float(not off) if field else 1.0 - len(off) / len(wanted)
    return graded(share, not off, detail)


def _has_fields(example: ExampleView, arguments: Arguments) -> bool:
    return bool(_looked_at(example, arguments["field"]))


def _field_scale(arguments: Arguments) -> Scale:
    return Scale.BINARY if arguments["field"] else Scale.GRADED


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _more(count: int) -> str:
    return f"; and {count - _SHOWN} more" if count > _SHOWN else ""


METRICS = (
    Metric(
        name="json_valid",
        version=1,
        label="Valid JSON",
        definition=(
            "The whole answer is strict JSON and, when a schema is given, valid against it. JSON "
            f'in a Markdown fence is not: it is counted apart as "{VALID_AFTER_UNFENCING}".'
        ),
        source="RFC 8259; JSON Schema Draft 2020-12, jsonschema 4.26, format as annotation",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=arguments_schema(
            {
                "schema": {
                    "type": ["object", "null"],
                    "default": None,
                    "description": "JSON Schema, Draft 2020-12; $ref inside the schema only",
                }
            }
        ),
        compute=_json_valid,
        check_arguments=_check_json_valid,
        about=About(
            family=Family.STRUCTURED,
            formula="1 if the whole answer parses and breaks no rule of the schema, else 0",
            blind_spots=(
                "format (date, email) is an annotation and not checked, as the standard's "
                "default says.",
                "A valid answer may be wrong: measure its fields as well.",
            ),
            agrees_with=(
                "structured_metrics.json: all rows of strict JSON and JSON Schema, jsonschema 4.26"
            ),
        ),
    ),
    Metric(
        name="field_accuracy",
        version=1,
        label="Field accuracy",
        definition=(
            "Share of the expected fields, flattened to path = value, that the answer's JSON has "
            "right; passed when all are. Numbers within the tolerance, all else exactly. Lists go "
            "by position. With a field: 1 when that field is right, else 0. An answer that is not "
            "JSON scores 0."
        ),
        source="recall of path = value pairs, as the micro average of scikit-learn multilabel",
        unit="share",
        scale=Scale.GRADED,
        direction="up",
        arguments=arguments_schema(
            {
                "field": {
                    "type": "string",
                    "maxLength": 200,
                    "default": "",
                    "description": "look at one path only, such as category or customer.name",
                },
                "allow_fenced": {
                    "type": "boolean",
                    "default": False,
                    "description": "read JSON inside one Markdown fence as well",
                },
                **TOLERANCES,
            }
        ),
        compute=_field_accuracy,
        applies=_has_fields,
        scale_with=_field_scale,
        about=About(
            family=Family.STRUCTURED,
            formula="expected leaves that are right / expected leaves",
            blind_spots=(
                "Lists go by position: one line too many at the top makes all of them wrong.",
                "Fields that were not expected do not lower the value.",
                '"1" is not 1; 1 is 1.0.',
            ),
            agrees_with="structured_metrics.json, field level: all rows of scikit-learn 1.9",
        ),
    ),
)
