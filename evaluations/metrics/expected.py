"""How the `expected` value of an example is read.

| expected | references | fields |
|---|---|---|
| a string, number or boolean | that, as text | none |
| a list of strings, numbers or booleans | each, any of them is right | none |
| a dict with `reference`, `references`, `answer` or `answers` | those | see below |
| any other dict | none | the dict |
| nothing (None) | none | none |

A dict counts as fields as well unless it holds nothing but reference keys and `relevant_documents`.
"""

import json
from collections.abc import Mapping
from typing import Any

from evaluations.metrics.types import ExampleView

REFERENCE_KEYS = ("reference", "references", "answer", "answers")
_NOT_FIELDS = frozenset((*REFERENCE_KEYS, "relevant_documents"))


def references(example: ExampleView) -> tuple[str, ...]:
    """The texts that count as right, in order and without repeats; empty when there are none."""
    expected = example.expected
    if isinstance(expected, Mapping):
        found = [
            text for key in REFERENCE_KEYS if key in expected for text in _texts(expected[key])
        ]
    else:
        found = _texts(expected)
    return tuple(dict.fromkeys(found))


def expected_fields(example: ExampleView) -> Mapping[str, Any] | None:
    """The fields that a structured answer should have, or None when the example names none."""
    expected = example.expected
    if not isinstance(expected, Mapping) or not expected.keys() - _NOT_FIELDS:
        return None
    return expected


def has_references(example: ExampleView, arguments: Mapping[str, Any]) -> bool:
    """Whether a metric that compares with references can score this example."""
    return bool(references(example))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool | int | float):
        return [json.dumps(value)]
    if isinstance(value, list | tuple):
        return [
            text for each in value if not isinstance(each, list | tuple) for text in _texts(each)
        ]
    return []
