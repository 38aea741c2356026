"""Few-shot examples that stand in the golden dataset too: the score would be of what was shown.

Compared is the message that the model would get: a few-shot input and a golden input are put into
the prompt's own template first, so that an object of values and the text made of it are the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from evaluations.datasets.heldout import held_out_keys
from evaluations.datasets.importing.parse import input_digest
from evaluations.datasets.models import DatasetVersion, VersionExample
from evaluations.datasets.selectors import golden_version
from workloads.lifecycle.models import Workload
from workloads.prompts.lint import Problem
from workloads.prompts.rendering import RenderError, render, values_for

# How alike two messages are when one is only the other reworded: rapidfuzz's ratio, 0 to 100.
NEAR = 88.0
# Compared is the beginning, so that the lint list of a draft stays quick at 5,000 examples.
COMPARED = 800
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Leak:
    """A few-shot example (from 0 on) and the golden example that it is or is near to."""

    index: int
    key: str
    exact: bool
    alike: float


def leaks(content: Mapping[str, Any], golden: DatasetVersion) -> list[Leak]:
    """Return, for each few-shot example of ``content``, the golden example that is most like it.

    Only those that are the same (equal input, or equal message but for space and case) or near
    (a similarity of at least 88 of 100).
    """
    if not content.get("few_shot"):
        return []
    rows = VersionExample.objects.filter(version=golden).values_list(
        "revision__key", "revision__input", "revision__context"
    )
    return leaks_among(content, rows)


def leaks_among(
    content: Mapping[str, Any], rows: Iterable[tuple[str, Any, Sequence[Mapping[str, str]]]]
) -> list[Leak]:
    """Return the `leaks` among examples given as (key, input, context)."""
    shots: Sequence[Mapping[str, Any]] = content.get("few_shot") or ()
    keys: list[str] = []
    digests: dict[str, str] = {}
    messages: list[str] = []
    for key, given, context in rows:
        keys.append(key)
        digests.setdefault(input_digest(given, []), key)
        messages.append(_message(content, given, context or ()))
    return list(_found(content, shots, keys, digests, messages))


def _found(
    content: Mapping[str, Any],
    shots: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    digests: Mapping[str, str],
    messages: Sequence[str],
) -> Iterator[Leak]:
    for index, shot in enumerate(shots):
        given = shot.get("input")
        same = digests.get(input_digest(given, []))
        if same is not None:
            yield Leak(index, same, True, 100.0)
            continue
        text = given if isinstance(given, str) else _message(content, given, ())
        best = process.extractOne(
            _folded(text), messages, scorer=fuzz.ratio, processor=None, score_cutoff=NEAR
        )
        if best is not None:
            _, alike, place = best
            yield Leak(index, keys[place], alike >= 100.0, round(float(alike), 1))


def _message(content: Mapping[str, Any], given: Any, documents: Sequence[Mapping[str, str]]) -> str:
    """Return the message that carries ``given``; its values alone where they do not fit."""
    try:
        return _folded(render(content["user_template"], values_for(content, given, documents)))
    except (RenderError, KeyError, TypeError, AttributeError):
        values = given.values() if isinstance(given, Mapping) else (given,)
        return _folded("\n".join(str(value) for value in values))


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text[: 2 * COMPARED]).strip().casefold()[:COMPARED]


def held_out_in(golden: DatasetVersion) -> frozenset[str]:
    """Return the keys that a version holds out, or that its draft holds out by now."""
    held = VersionExample.objects.filter(version=golden, revision__held_out=True)
    return frozenset(held.values_list("revision__key", flat=True)) | held_out_keys(golden.dataset)


def few_shot_problems(workload: Workload, content: Mapping[str, Any]) -> list[Problem]:
    """Return what the golden dataset says about few-shot examples, for the prompt's lint list."""
    golden = golden_version(workload) if content.get("few_shot") else None
    if golden is None:
        return []
    found = []
    held = held_out_in(golden)
    for leak in leaks(content, golden):
        if leak.key in held:
            # That a text comes near would be a way to guess at what is held out.
            if not leak.exact:
                continue
            words = f"It is a held-out example of {golden}; write another."
            code = "in_golden_dataset"
        elif leak.exact:
            words = f"It is example {leak.key} of {golden}: a score would show what was memorised."
            code = "in_golden_dataset"
        else:
            words = f"It is {leak.alike:.0f} % like example {leak.key} of {golden}; write another."
            code = "near_golden_dataset"
        found.append(Problem(f"few_shot[{leak.index}]", code, words, blocks=False))
    return found
