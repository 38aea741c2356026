"""How examples and their balance are shown: short in a table, whole below, never run as markup."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.datasets.enums import Expects, Kind
from evaluations.datasets.heldout import Sight
from evaluations.datasets.importing import ImportedExample
from evaluations.datasets.models import ExampleRevision
from evaluations.datasets.ordering import in_order
from evaluations.datasets.selectors import Balance
from portal.shell.formats import number, percent
from portal.shell.marks import visible

# What a cell of the table shows of one text, and what its details show.
SHORT = 240
LONG = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """One named text; ``cut`` is how many of its characters are left out."""

    name: str
    text: str
    cut: int = 0


@dataclass(frozen=True, slots=True)
class ExampleLine:
    """One example as a row of a table; ``more`` is what opens below it.

    Of one that is ``hidden`` from the reader only its key and kind are told.
    """

    key: str
    kind: Kind
    given: list[Part]
    expected: list[Part]
    more: list[Part]
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    held_out: bool = False
    hidden: bool = False


def example_line(
    example: ExampleRevision | ImportedExample, sight: Sight | None = None
) -> ExampleLine:
    """Return how ``example`` is shown to whoever has this ``sight``.

    Without one it is shown whole: only for what the reader brought along.
    """
    held_out = example.held_out if sight is None else sight.holds_out(example)
    if sight is not None and sight.hides(example):
        return ExampleLine(example.key, Kind(example.kind), [], [], [], held_out=True, hidden=True)
    read = in_order(example.input, sight.names if sight else ())
    given, expected = _parts(read, SHORT), _parts(example.expected, SHORT)
    more = []
    if any(part.cut for part in given):
        more += _parts(read, LONG, "Input")
    if any(part.cut for part in expected):
        more += _parts(example.expected, LONG, "Expected")
    if example.expects != Expects.ANSWER:
        more.append(Part("A good answer", Expects(example.expects).label))
    for place, item in enumerate(example.context, start=1):
        name = f"Context {place}" + (f": {item['title']}" if item.get("title") else "")
        more.append(_part(name, item.get("text", ""), LONG))
    for name, items in (
        ("Must include", example.must_include),
        ("Must not include", example.must_not_include),
    ):
        if items:
            more.append(_part(name, "\n".join(items), LONG))
    if example.licence:
        more.append(_part("Licence", example.licence, LONG))
    # Where it came from is worth a line, but no details of its own: every import has it.
    if more and example.source_ref:
        more.append(_part("Source", example.source_ref, LONG))
    return ExampleLine(
        example.key,
        Kind(example.kind),
        given,
        expected,
        more,
        tags=tuple(example.tags),
        weight=example.weight,
        held_out=held_out,
    )


def typed_parts(values: Mapping[str, str]) -> list[Part]:
    """Return values that somebody typed, as the input of an example is shown."""
    return _parts(values, SHORT)


def _parts(value: Any, limit: int, prefix: str = "") -> list[Part]:
    if isinstance(value, Mapping):
        lead = f"{prefix}: " if prefix else ""
        return [_part(f"{lead}{name}", _text(item), limit) for name, item in value.items()]
    if value is None:
        return []
    return [_part(prefix, _text(value), limit)]


def _part(name: str, text: str, limit: int) -> Part:
    if len(text) <= limit:
        return Part(name, text)
    return Part(name, text[:limit].rstrip(), len(text) - limit)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or "(empty)"
    return json.dumps(value, ensure_ascii=False)


def typed_content(content: Mapping[str, Any]) -> list[Part]:
    """Return what a proposed example holds, as a line of a JSONL file, for its page."""
    found = _parts(content["input"], LONG, "Input") + _parts(
        content.get("expected"), LONG, "Expected"
    )
    if content.get("expects"):
        found.append(Part("A good answer", Expects(content["expects"]).label))
    for place, item in enumerate(content.get("context", ()), start=1):
        found.append(_part(f"Context {place}", item.get("text", ""), LONG))
    for field in ("must_include", "must_not_include", "tags"):
        if content.get(field):
            name = field.replace("_", " ").capitalize()
            found.append(_part(name, "\n".join(content[field]), LONG))
    return found


def as_text(value: Any) -> str:
    """Return a JSON value as a person reads it: a text as it is, anything else as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return "" if value is None else _text(value)


def balance_bars(balances: Iterable[Balance]) -> list[dict[str, Any]]:
    """Return the class balance of each field as bars with counts and shares."""
    found = []
    for balance in balances:
        total = sum(count for _, count in balance.counts)
        bars = [
            {
                "label": visible(label[:60]) or "(empty)",
                "value": count,
                "text": f"{number(count)}, {percent(count / total, 0)}",
            }
            for label, count in balance.counts
        ]
        found.append({"field": balance.field, "bars": bars})
    return found
