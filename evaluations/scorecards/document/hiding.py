"""Names that only held-out examples brought into a summary, kept out of the scorecard.

A table of classes names what answers were read as. Who writes prompts reads scorecards, and a
prompt that repeats its input would make a class of what is held out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluations.metrics.classification import NO_ANSWER, UNPARSED
from evaluations.metrics.types import Observation

_MARKS = frozenset((UNPARSED, NO_ANSWER))


def names_to_hide(
    held_out: Iterable[Sequence[Observation]],
    others: Iterable[Sequence[Observation]],
    declared: Iterable[str] = (),
) -> frozenset[str]:
    """Return the texts that observations of held-out examples hold and no other does.

    ``declared`` are names that the metric's arguments give.
    """
    return _texts(held_out) - _texts(others) - frozenset(declared) - _MARKS


def _texts(clusters: Iterable[Sequence[Observation]]) -> frozenset[str]:
    return frozenset(
        text for cluster in clusters for one in cluster for text in one if isinstance(text, str)
    )


def without_names(table: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """Return a table of `summary_of` that says "(held out 1)" for the first hidden name, and so on.

    What is renamed stands last: its place among sorted names would tell how it begins.
    """
    labels = [row["label"] for row in table["rows"]]
    named = list(dict.fromkeys(one for one in (*labels, *table["columns"]) if one in hidden))
    if not named:
        return table
    words = {name: f"(held out {place})" for place, name in enumerate(named, start=1)}
    columns = sorted(range(len(table["columns"])), key=lambda at: table["columns"][at] in words)
    rows = sorted(table["rows"], key=lambda row: row["label"] in words)
    return table | {
        "columns": [words.get(table["columns"][at], table["columns"][at]) for at in columns],
        "rows": [
            {
                "label": words.get(row["label"], row["label"]),
                "cells": [row["cells"][at] for at in columns],
            }
            for row in rows
        ],
    }
