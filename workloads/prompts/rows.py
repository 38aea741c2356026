"""The rows of the prompt editor: guardrails, variables and few-shot examples, as typed.

A row is a mapping of texts, named in the page ``variables-name``, ``variables-source`` and so on.
Rows that are left empty do not count; one empty row always waits for the next entry.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from portal.common.errors import DomainError
from portal.common.strictjson import loads
from portal.common.text import text_problem
from workloads.prompts.content import GUARDRAIL_KINDS, SOURCES, VALUE_MAX, rows_problem

Row = dict[str, str]
Rows = dict[str, list[Row]]

GUARDRAIL_LABELS = {
    "scope": "Scope",
    "refusal": "Refusal",
    "citation": "Citation",
    "pii": "Personal data",
    "injection": "Injection",
    "disclaimer": "Disclaimer",
}
SOURCE_LABELS = {
    "user": "From a user",
    "retrieved": "Retrieved documents",
    "system": "Set by us",
}
NEED_LABELS = {"required": "Required", "optional": "May be missing"}
LABELS = {"guardrails": "Guardrail", "variables": "Variable", "few_shot": "Few-shot example"}

SPARE: Mapping[str, Row] = {
    "guardrails": {"kind": "scope", "text": ""},
    "variables": {"name": "", "source": "user", "need": "required", "sample": ""},
    "few_shot": {"input": "", "output": ""},
}
# What makes a row count.
_WRITTEN = {
    "guardrails": ("text",),
    "variables": ("name",),
    "few_shot": ("input", "output"),
}


def shown(content: Mapping[str, Any]) -> Rows:
    """Return the rows of kept content, each kind with an empty one at its end."""
    found: Rows = {
        "guardrails": [
            {"kind": rule["kind"], "text": rule["text"]} for rule in content["guardrails"]
        ],
        "variables": [
            {
                "name": one["name"],
                "source": one.get("source", "user"),
                "need": "required" if one.get("required", True) else "optional",
                "sample": one.get("sample") or "",
            }
            for one in content["variables"]
        ],
        "few_shot": [
            {"input": _as_typed(shot["input"]), "output": shot["output"]}
            for shot in content["few_shot"]
        ],
    }
    return _with_spare(found)


def posted(data: QueryDict) -> Rows:
    """Return the rows that a page sent; a column that is shorter counts as empty below."""
    found: Rows = {}
    for name, spare in SPARE.items():
        columns = [data.getlist(f"{name}-{key}") for key in spare]
        found[name] = [
            dict(zip(spare, values, strict=True)) for values in zip_longest(*columns, fillvalue="")
        ]
    return _with_spare(found)


def _with_spare(found: Rows) -> Rows:
    for name, spare in SPARE.items():
        if not found[name] or _written(name, found[name][-1]):
            found[name].append(dict(spare))
    return found


def _written(name: str, row: Row) -> bool:
    return any(row[key].strip() for key in _WRITTEN[name])


def problems(typed: Rows) -> Iterator[str]:
    """Yield a sentence for each row that cannot be kept."""
    for name, rows in typed.items():
        if words := rows_problem(name, sum(_written(name, row) for row in rows)):
            yield words
            continue
        for index, row in enumerate(rows, start=1):
            for value in row.values():
                problem = text_problem(value)
                if problem:
                    yield f"{LABELS[name]} {index}: {problem[1]}"
            if name == "variables" and row["sample"].strip() and not row["name"].strip():
                yield f"{LABELS[name]} {index}: give it a name, or clear its sample value."


def read(typed: Rows, known: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows as content; ``known`` are the variables as they were kept before."""
    before = {one["name"]: one for one in known}
    return {
        "guardrails": [
            {
                "kind": row["kind"] if row["kind"] in GUARDRAIL_KINDS else "scope",
                "text": row["text"],
            }
            for row in typed["guardrails"]
            if _written("guardrails", row)
        ],
        "few_shot": [
            {"input": _shot_input(row["input"]), "output": row["output"]}
            for row in typed["few_shot"]
            if _written("few_shot", row)
        ],
        "variables": [
            variable(row, before.get(row["name"].strip(), {}))
            for row in typed["variables"]
            if _written("variables", row)
        ],
    }


def variable(row: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variable of a row; ``before`` gives what the page does not ask for."""
    source = row.get("source", "user")
    return {
        "type": "text",
        "max_length": VALUE_MAX,
        "default": "",
        **before,
        "name": row["name"].strip(),
        "required": row.get("need", "required") != "optional",
        "sample": row.get("sample", ""),
        "source": source if source in SOURCES else "user",
        "trusted": source == "system",
    }


def _as_typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shot_input(text: str) -> Any:
    """An object of values when it is one, else the whole message as it stands."""
    if text.lstrip().startswith("{"):
        try:
            value = loads(text)
        except DomainError:
            return text
        if isinstance(value, dict):
            return value
    return text
