"""What the columns of somebody else's file mean here: suggested, then chosen by a person."""

import re
from collections.abc import Iterable, Mapping, Sequence

from evaluations.datasets.importing.parse import FIELDS

_WORDS = {
    "input": ("input", "question", "prompt", "text", "message", "query", "utterance", "ticket"),
    "expected": (
        "expected", "answer", "label", "category", "target", "output", "reference", "intent",
        "class", "completion", "expected_output", "ideal",
    ),
    "key": ("key", "id", "uid", "example_id", "row_id", "nr", "number"),
    "kind": ("kind", "type", "difficulty"),
    "context": ("context", "documents", "passage", "passages"),
    "tags": ("tags", "tag", "topics", "topic", "labels"),
    "weight": ("weight",),
    "held_out": ("held_out", "heldout", "holdout", "test_only"),
    "source": ("source", "origin", "url"),
    "licence": ("licence", "license"),
    "must_include": ("must_include", "keywords"),
    "must_not_include": ("must_not_include", "forbidden"),
    "expects": ("expects", "behaviour", "behavior"),
}  # fmt: skip
MAX_COLUMNS = 256


def suggest(columns: Sequence[str], variables: Iterable[str] = ()) -> dict[str, str]:
    """Return what ``columns`` probably mean: {column: field}; what nothing fits is left out.

    A column that has a field's own name keeps it. Columns called as declared ``variables`` are
    those values of the input.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in columns:
        base = name.removesuffix(":json")
        if base in FIELDS or name.startswith(("input.", "expected.")):
            taken.add(base.split(".")[0])
    plain = {_plain(name): name for name in reversed(columns)}
    for variable in variables:
        column = plain.get(_plain(variable))
        if column is not None and "input" not in taken and column not in FIELDS:
            found[column] = f"input.{variable}"
    if any(meaning.startswith("input.") for meaning in found.values()):
        taken.add("input")
    for field, words in _WORDS.items():
        if field in taken:
            continue
        column = next((plain[word] for word in words if word in plain), None)
        if column is not None and column not in found and column not in FIELDS:
            found[column] = field
    return found


def checked(mapping: Mapping[str, str], columns: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return the part of ``mapping`` that says something, and "" or what is wrong with it."""
    kept = {
        column: means for column, means in mapping.items() if column in columns and means != column
    }
    for column, means in kept.items():
        named = means.split(".", 1)
        if (
            means
            and means not in FIELDS
            and (named[0] not in ("input", "expected") or len(named) < 2 or not named[1].strip())
        ):
            return kept, f'"{column[:60]}" cannot mean "{means[:60]}"; choose from the list.'
    meant = [kept.get(column, column) for column in columns if kept.get(column, column)]
    twice = {means for means in meant if meant.count(means) > 1}
    if twice:
        return kept, f'Two columns mean "{sorted(twice)[0][:60]}"; leave one of them out.'
    if any(means == "input" for means in meant) and any(m.startswith("input.") for m in meant):
        return kept, 'Use either "input" or its parts ("input.…"), not both.'
    return kept, ""


def choices(column: str, variables: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return (field, label) of what ``column`` may mean, for a list to choose from."""
    own = re.sub(r"[.\x00-\x1f]", " ", column).strip()[:60] or "value"
    parts = list(dict.fromkeys([*variables, own]))
    return [
        ("", "Leave it out"),
        ("input", "The whole input"),
        *((f"input.{name}", f"Input: {name}") for name in parts),
        ("expected", "The whole expected answer"),
        (f"expected.{own}", f"Expected: {own}"),
        *((name, name.replace("_", " ").capitalize()) for name in FIELDS if name not in (
            "input", "expected"
        )),
    ]  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
