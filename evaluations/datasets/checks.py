"""What is looked at before a draft becomes a version: what keeps it back, and what is only said.

Whether the version is good enough for a decision is asked again by the gate of its phase.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evaluations.datasets.adversarial import lost_since
from evaluations.datasets.enums import Purpose
from evaluations.datasets.importing.fields import departs
from evaluations.datasets.importing.types import Declared
from evaluations.datasets.leaks import leaks_among
from evaluations.datasets.models import (
    Dataset,
    DatasetVersion,
    ExampleRevision,
    VersionExample,
)
from evaluations.datasets.selectors import shares
from portal.common.policy import policy
from workloads.prompts.selectors import candidate_version

Level = Literal["fail", "warn"]
NAMED = 5
FEWEST_HELD_OUT = 5
_PUT_BACK = "Put them back, or a reviewer agrees on this page."
_GATE_ASKS = (
    "If they were evidence, the gate stays shut until they are put back or a reviewer agrees on"
    " this page."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a draft: ``fail`` keeps it from being committed, ``warn`` does not.

    ``keys`` are the examples that it is about, ``notes`` what is to say of each, if anything.
    """

    code: str
    level: Level
    message: str
    keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def findings(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    """Return what there is to say about ``drafted``, the draft in its order; worst first."""
    found = [
        *_lost_adversarial(dataset, drafted),
        *_not_as_declared(dataset, drafted),
        *_one_source(drafted),
        *_in_training(dataset, drafted),
        *_in_prompt(dataset, drafted),
        *_mix(dataset, drafted),
        *_few_held_out(dataset, drafted),
    ]
    return sorted(found, key=lambda one: one.level)


def _lost_adversarial(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    found = []
    for before, lost in lost_since(dataset, drafted):
        own = before.dataset_id == dataset.pk
        where = f"version {before.number}" if own else str(before)
        shown = ", ".join(f"{one.key} {one.how}" for one in lost[:NAMED])
        more = f", and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        found.append(
            Finding(
                "adversarial_removed" if own else "adversarial_left_behind",
                "fail" if own else "warn",
                f"Adversarial examples of {where} are not here as they were: {shown}{more}. "
                + (_PUT_BACK if own else _GATE_ASKS),
                tuple(one.key for one in lost),
                tuple(one.how for one in lost),
            )
        )
    return found


def _not_as_declared(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    keys = misshapen(dataset, drafted)
    if not keys:
        return []
    words = f"{_some(keys)} are not as the dataset declares its examples; change one or the other."
    return [Finding("not_as_declared", "fail", words, keys)]


def misshapen(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> tuple[str, ...]:
    """Return the keys of examples that depart from what the dataset declares."""
    declared = Declared(tuple(dataset.variables), dataset.expected_schema)
    if not declared.variables and declared.expected is None:
        return ()
    return tuple(
        one.key for one in drafted if departs(one.input, one.expected, one.expects, declared)
    )


def _one_source(drafted: Sequence[ExampleRevision]) -> list[Finding]:
    largest = float(policy().number("evaluation", "source_share_max"))
    allowed = max(1, int(len(drafted) * largest))
    by_person = Counter(one.proposed_by_id for one in drafted if one.proposed_by_id)
    found = []
    for person, count in by_person.items():
        if count > allowed:
            keys = tuple(one.key for one in drafted if one.proposed_by_id == person)
            words = (
                f"{count} examples were proposed by one person; of {len(drafted)} at most"
                f" {allowed} ({largest:.0%}) may come from one."
            )
            found.append(Finding("one_source", "fail", words, keys))
    return found


def _in_training(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    """A golden example that a model was trained on shows what it memorised, and the other way."""
    other = {Purpose.GOLDEN: Purpose.TRAINING, Purpose.TRAINING: Purpose.GOLDEN}.get(
        Purpose(dataset.purpose)
    )
    if other is None:
        return []
    inputs = {one.input_digest: one.key for one in drafted}
    newest = (
        DatasetVersion.objects.filter(dataset__workload=dataset.workload, dataset__purpose=other)
        .order_by("dataset_id", "-number")
        .distinct("dataset_id")
    )
    shared = (
        VersionExample.objects.filter(
            version__in=list(newest), revision__input_digest__in=list(inputs)
        )
        .values_list("revision__input_digest", flat=True)
        .order_by()
        .distinct()
    )
    keys = tuple(sorted(inputs[one] for one in shared))
    if not keys:
        return []
    words = f"{_some(keys)} are in a {other.label.lower()} set of this workload; take them out."
    return [Finding("in_training_set", "fail", words.replace("set set", "set"), keys)]


def _in_prompt(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    prompt = candidate_version(dataset.workload) if dataset.purpose == Purpose.GOLDEN else None
    if prompt is None or not prompt.content.get("few_shot"):
        return []
    rows = [(one.key, one.input, one.context) for one in drafted]
    held = {one.key for one in drafted if one.held_out}
    keys = tuple(
        dict.fromkeys(
            leak.key
            for leak in leaks_among(prompt.content, rows)
            # How near a text comes would be a way to guess at what is held out.
            if leak.exact or leak.key not in held
        )
    )
    if not keys:
        return []
    words = f"{_some(keys)} are few-shot examples of the candidate prompt, or much like one."
    return [Finding("in_few_shot", "warn", words, keys)]


def _mix(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    if dataset.purpose != Purpose.GOLDEN or not drafted:
        return []
    found = []
    n = len(drafted)
    smallest = int(policy().number("evaluation", "golden_min"))
    largest = int(policy().number("evaluation", "golden_max"))
    if not smallest <= n <= largest:
        words = f"{n} examples; the gate asks for {smallest} to {largest}."
        found.append(Finding("size", "warn", words))
    for one in shares(Counter(one.kind for one in drafted)):
        if not one.enough:
            words = (
                f"{one.kind.label}: {one.count} of {n}, {one.share:.0%}; the gate asks for"
                f" {one.minimum:.0%}. {one.missing} more would do."
            )
            found.append(Finding(f"share_{one.kind.value}", "warn", words))
    return found


def _few_held_out(dataset: Dataset, drafted: Sequence[ExampleRevision]) -> list[Finding]:
    """Of few, a figure over all examples less what is open to read tells how each one went."""
    held = sum(one.held_out for one in drafted)
    if dataset.purpose != Purpose.GOLDEN or not 0 < held < FEWEST_HELD_OUT:
        return []
    words = (
        f"Only {held} held out: whoever knows how the others scored can work out how"
        f" {'it' if held == 1 else 'they'} did. Hold out at least {FEWEST_HELD_OUT}, or none."
    )
    return [Finding("held_out_few", "warn", words)]


def _some(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:NAMED])
    return f"{shown} and {len(keys) - NAMED} more" if len(keys) > NAMED else shown
