"""Metrics that are declared and not programmed: a place in a JSON answer with a comparison, or RE2.

A declaration is plain JSON; its digest seals it in plans. `metric_of` makes a metric of it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evaluations.metrics.expected import expected_fields, references
from evaluations.metrics.patterns import InvalidPattern, compiled, found
from evaluations.metrics.structured import read_json, values_agree
from evaluations.metrics.types import (
    About,
    Answer,
    ArgumentError,
    Arguments,
    ExampleView,
    Metric,
    Scale,
    Score,
    binary,
    no_arguments,
)

ORIGIN = "declared"
MAX_VALUE = 2_000
_MAX_PATH = 200
_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d{1,4})\]|\["([^"\]]{1,100})"\]')

COMPARATORS: Mapping[str, str] = {
    "equals_expected": "equals the same place in the expected answer",
    "close_to_expected": "is a number close to the expected one",
    "equals": "equals the value",
    "one_of": "is one of the values",
    "at_least": "is a number of at least the value",
    "at_most": "is a number of at most the value",
    "exists": "is there",
    "absent": "is not there",
    "shorter_than": "has at most so many characters or items",
    "matches": "matches the pattern",
}
_AGAINST_EXPECTED = ("equals_expected", "close_to_expected")
_NUMBERS = ("at_least", "at_most", "close_to_expected", "shorter_than")
_NO_VALUE = ("equals_expected", "exists", "absent")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a declared metric looks at.

    kind "json": `path` in the answer's JSON (`$.lines[0].sku`), `comparator` and its `value` (JSON;
    for close_to_expected the relative tolerance, for one_of a list, for matches the pattern).
    kind "regex": `value` is the pattern, `comparator` is "found" or "not_found".
    """

    kind: Literal["json", "regex"]
    comparator: str
    value: Any = None
    path: str = ""
    ignore_case: bool = False
    allow_fenced: bool = False

    def as_json(self) -> dict[str, Any]:
        """The declaration as it is stored and digested."""
        return {
            "kind": self.kind,
            "comparator": self.comparator,
            "value": self.value,
            "path": self.path,
            "ignore_case": self.ignore_case,
            "allow_fenced": self.allow_fenced,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Declaration":
        """The declaration that `as_json` wrote. Raises ArgumentError for anything else."""
        unknown = sorted(set(raw) - set(cls.__dataclass_fields__))
        if unknown:
            raise ArgumentError(str(unknown[0]), "a declaration has no such field")
        for name, wanted in (
            ("kind", str), ("comparator", str), ("path", str), ("ignore_case", bool),
            ("allow_fenced", bool),
        ):  # fmt: skip
            if name in raw and not isinstance(raw[name], wanted):
                raise ArgumentError(name, f"must be {'text' if wanted is str else 'true or false'}")
        if "kind" not in raw or "comparator" not in raw:
            raise ArgumentError("kind", "a declaration says its kind and its comparator")
        return cls(**raw)

    def digest(self) -> str:
        """SHA-256 over the sorted JSON of the declaration."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def parse_path(path: str) -> tuple[str | int, ...]:
    """The steps of a path: `$.lines[0].sku` gives ("lines", 0, "sku"); `["a.b"]` for odd names.

    Raises ArgumentError (path).
    """
    rest = path.strip().removeprefix("$")
    if not rest or len(path) > _MAX_PATH:
        raise ArgumentError("path", f"a path such as $.customer.name, at most {_MAX_PATH} long")
    steps: list[str | int] = []
    place = 0
    while place < len(rest):
        step = _STEP.match(rest, place)
        if step is None or (step.group(1) and step.group(0) == step.group(1) and steps):
            raise ArgumentError(
                "path", f"cannot be read from character {place + 1}; write $.lines[0].sku"
            )
        name, number, quoted = step.groups()
        steps.append(int(number) if number is not None else name or quoted)
        place = step.end()
    return tuple(steps)


def check(declaration: Declaration) -> None:
    """Raise ArgumentError (kind, path, comparator, value) unless the declaration can be used."""
    value = declaration.value
    if len(json.dumps(value, default=str)) > MAX_VALUE:
        raise ArgumentError("value", f"at most {MAX_VALUE:,} characters")
    if declaration.kind == "regex":
        if declaration.comparator not in ("found", "not_found"):
            raise ArgumentError("comparator", "must be found or not_found")
        _check_pattern(value, declaration.ignore_case)
        return
    if declaration.kind != "json":
        raise ArgumentError("kind", "must be json or regex")
    parse_path(declaration.path)
    comparator = declaration.comparator
    if comparator not in COMPARATORS:
        raise ArgumentError("comparator", f"must be one of: {', '.join(COMPARATORS)}")
    if comparator in _NO_VALUE and value is not None:
        raise ArgumentError("value", f"leave it empty: {COMPARATORS[comparator]}")
    if comparator in _NUMBERS and (not _is_number(value) or value != value):
        raise ArgumentError("value", "must be a number")
    if comparator in ("close_to_expected", "shorter_than") and value < 0:
        raise ArgumentError("value", "must not be below 0")
    if comparator == "one_of" and (not isinstance(value, list) or not value):
        raise ArgumentError("value", 'must be a list in JSON, such as ["A", "B"]')
    if comparator == "equals" and value is None:
        raise ArgumentError("value", "say what it has to equal")
    if comparator == "matches":
        _check_pattern(value, declaration.ignore_case)


def _check_pattern(value: Any, ignore_case: bool) -> None:
    if not isinstance(value, str) or not value:
        raise ArgumentError("value", "must be a pattern")
    try:
        compiled(value, ignore_case)
    except InvalidPattern as error:
        raise ArgumentError("value", str(error)) from error


def in_words(declaration: Declaration) -> str:
    """What the declaration measures, as one sentence without its end."""
    if declaration.kind == "regex":
        where = "is found" if declaration.comparator == "found" else "is not found"
        return f"The pattern {declaration.value} {where} in the answer"
    shown = ""
    if declaration.comparator not in _NO_VALUE:
        shown = f": {json.dumps(declaration.value, ensure_ascii=False)}"
    return f"{declaration.path} in the answer's JSON {COMPARATORS[declaration.comparator]}{shown}"


def metric_of(
    name: str, version: int, label: str, description: str, declaration: Declaration
) -> Metric:
    """The metric of a declaration. Raises ArgumentError as `check`."""
    check(declaration)
    steps = parse_path(declaration.path) if declaration.kind == "json" else ()
    against = declaration.comparator in _AGAINST_EXPECTED

    def compute(example: ExampleView, answer: Answer, arguments: Arguments) -> Score:
        if declaration.kind == "regex":
            there = found(declaration.value, answer.text, ignore_case=declaration.ignore_case)
            return binary(
                there is (declaration.comparator == "found"), "found" if there else "not found"
            )
        value, fenced, wrong = read_json(answer.text)
        if wrong:
            return binary(False, f"not valid JSON: {wrong}")
        if fenced and not declaration.allow_fenced:
            return binary(False, "valid after unfencing; not counted")
        there, said = _at(value, steps)
        wanted = _expected(example, steps)[1] if against else declaration.value
        if not there:
            return binary(declaration.comparator == "absent", f"{declaration.path} is not there")
        right = _compare(declaration, said, wanted)
        shown = json.dumps(said, ensure_ascii=False, default=str)[:80]
        return binary(right, f"{declaration.path} is {shown}")

    def applies(example: ExampleView, arguments: Arguments) -> bool:
        return not against or _expected(example, steps)[0]

    return Metric(
        name=name,
        version=version,
        label=label,
        definition=f"{in_words(declaration)}. {description}".strip(),
        source="declared by your organisation; JSON is read strictly, patterns by RE2",
        unit="share",
        scale=Scale.BINARY,
        direction="up",
        arguments=no_arguments(),
        compute=compute,
        applies=applies,
        about=About(
            formula=f"1 if {in_words(declaration)}, else 0",
            blind_spots=("It looks at one place and sees nothing else of the answer.",),
        ),
        origin=ORIGIN,
        digest=declaration.digest(),
    )


def _at(value: Any, steps: tuple[str | int, ...]) -> tuple[bool, Any]:
    for step in steps:
        if isinstance(step, int):
            there = isinstance(value, list) and step < len(value)
        else:
            there = isinstance(value, Mapping) and step in value
        if not there:
            return False, None
        value = value[step]
    return True, value


def _expected(example: ExampleView, steps: tuple[str | int, ...]) -> tuple[bool, Any]:
    there, value = _at(expected_fields(example), steps)
    if there or len(steps) != 1:
        return there, value
    given = references(example) if expected_fields(example) is None else ()
    return (True, given[0]) if len(given) == 1 else (False, None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare(declaration: Declaration, said: Any, wanted: Any) -> bool:
    match declaration.comparator:
        case "equals_expected" | "equals":
            return _same(wanted, said)
        case "close_to_expected":
            near = _is_number(said) and _is_number(wanted)
            return near and values_agree(wanted, said, rel_tol=float(declaration.value))
        case "one_of":
            return any(_same(one, said) for one in wanted)
        case "at_least":
            return _is_number(said) and bool(said >= wanted)
        case "at_most":
            return _is_number(said) and bool(said <= wanted)
        case "shorter_than":
            return isinstance(said, str | list | Mapping) and len(said) <= wanted
        case "matches":
            text = said if isinstance(said, str) else json.dumps(said)
            return found(wanted, text, ignore_case=declaration.ignore_case)
        case comparator:
            return comparator == "exists"


def _same(wanted: Any, said: Any) -> bool:
    if isinstance(wanted, (Mapping, list)):
        return json.dumps(wanted, sort_keys=True) == json.dumps(said, sort_keys=True)
    return values_agree(wanted, said)
