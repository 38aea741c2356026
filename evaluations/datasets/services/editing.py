"""Editing the draft: one example at a time, or many alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from django.db import transaction

from evaluations.datasets.enums import Kind, Source
from evaluations.datasets.importing.fields import Refused, read_row, says_held_out
from evaluations.datasets.importing.types import MAX_LIST, MAX_TAG, ImportedExample, RawRow
from evaluations.datasets.models import Dataset, DraftExample, ExampleRevision
from evaluations.datasets.services.drafting import (
    Provenance,
    changing_draft,
    declared_by,
    digested,
    example_of,
    inputs_of_draft,
    origin_of,
    store,
)
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Invalid, NotReady
from portal.common.text import clean_text
from workloads.lifecycle.policies import require

Act = Literal["tag", "untag", "kind", "hold_out", "release", "remove"]
ACTS: tuple[str, ...] = get_args(Act)


def read_values(dataset: Dataset, values: Mapping[str, Any]) -> ImportedExample:
    """Return the example that JSON ``values`` say, by the rules of an import.

    Raises Invalid with the field that is wrong.
    """
    try:
        return read_row(RawRow(0, dict(values), typed=True), declared_by(dataset))
    except Refused as problem:
        raise Invalid.field(problem.name, problem.code, problem.message) from None


def refuse_known_input(dataset: Dataset, example: ImportedExample) -> None:
    """Raise Invalid (input, duplicate) when another example of the draft has the same input."""
    twin = inputs_of_draft(dataset).get(example.input_digest)
    if twin is not None and twin != example.key:
        raise Invalid.field(
            "input", "duplicate", f'Example "{twin}" has the same input; change one of them.'
        )


@transaction.atomic
def add_example(*, actor: User, dataset: Dataset, values: Mapping[str, Any]) -> ExampleRevision:
    """Write a new example into the draft and return it.

    ``values`` are as a line of a JSONL file holds them. Raises Forbidden or Invalid (key: also
    not_unique).
    """
    require(actor, dataset.workload, "edit")
    example = read_values(dataset, values)
    with changing_draft(actor, dataset):
        if DraftExample.objects.filter(dataset=dataset, key=example.key).exists():
            raise Invalid.field(
                "key", "not_unique", f'The draft has an example "{example.key}" already.'
            )
        refuse_known_input(dataset, example)
        store(actor, dataset, [(example, Provenance(Source.AUTHORED))])
    _tell(actor, dataset, "dataset.example_added", {"key": example.key})
    return _revision(dataset, example.key)


@transaction.atomic
def edit_example(
    *, actor: User, dataset: Dataset, key: str, values: Mapping[str, Any], seen: str
) -> ExampleRevision:
    """Change an example of the draft and return it; its key stays, old versions keep their words.

    ``seen`` is the digest of the revision that was edited. Raises Forbidden (also held_out),
    Conflict (changed), NotReady (gone) or Invalid.
    """
    require(actor, dataset.workload, "edit")
    with changing_draft(actor, dataset):
        before = _revision(dataset, key)
        if before.digest != seen:
            raise Conflict(
                f"Example {key} was changed meanwhile; look at it as it is now.", code="changed"
            )
        example = read_values(dataset, {**values, "key": key})
        refuse_known_input(dataset, example)
        if example.digest == before.digest:
            return before
        origin = replace(origin_of(before), source_ref="")
        store(actor, dataset, [(example, origin)])
    _tell(actor, dataset, "dataset.example_edited", {"key": key})
    return _revision(dataset, key)


@transaction.atomic
def change_examples(
    *, actor: User, dataset: Dataset, keys: Sequence[str], act: Act, value: str = ""
) -> int:
    """Do the same to many examples of the draft; return how many it changed.

    ``value`` is the tag or the kind. Keys that the draft does not have are passed over. Raises
    Forbidden (also held_out) or Invalid (act, value).
    """
    require(actor, dataset.workload, "edit")
    if act not in ACTS:
        raise Invalid.field("act", "choice", f"Use one of {', '.join(ACTS)}.")
    if act == "remove":
        return remove_examples(actor=actor, dataset=dataset, keys=keys)
    change = _change(act, value)
    with changing_draft(actor, dataset):
        lines = DraftExample.objects.filter(dataset=dataset, key__in=_storable(keys))
        rows = []
        for line in lines.select_related("revision").order_by("position", "id"):
            before = example_of(line.revision)
            after = change(before)
            if after != before:
                made = replace(after, digest=digested(after))
                rows.append((made, origin_of(line.revision)))
        if rows:
            store(actor, dataset, rows)
    if rows:
        detail: dict[str, Any] = {"examples": len(rows), "act": act}
        if act == "kind":
            detail["value"] = value
        _tell(actor, dataset, "dataset.examples_changed", detail)
    return len(rows)


@transaction.atomic
def remove_examples(*, actor: User, dataset: Dataset, keys: Sequence[str]) -> int:
    """Take examples out of the draft; committed versions keep them.

    An adversarial example of the last version is missed at the commit, as is one that was edited:
    a reviewer has to agree. Raises Forbidden (also held_out).
    """
    require(actor, dataset.workload, "edit")
    with changing_draft(actor, dataset):
        lines = DraftExample.objects.filter(dataset=dataset, key__in=_storable(keys))
        removed, _ = lines.delete()
    if removed:
        _tell(actor, dataset, "dataset.examples_removed", {"examples": removed})
    return removed


def _storable(keys: Sequence[str]) -> list[str]:
    """Return the keys that can be one: no key holds a null character or is that long."""
    return [key for key in keys if "\x00" not in key and len(key) <= 64]


def _change(act: str, value: str) -> Callable[[ImportedExample], ImportedExample]:
    if act == "kind":
        if value not in Kind.values:
            raise Invalid.field("value", "choice", f"A kind is one of {', '.join(Kind.values)}.")
        return lambda one: replace(one, kind=value)
    if act in ("hold_out", "release"):
        return lambda one: replace(one, held_out=act == "hold_out")
    tag = clean_text(value, field="value", minimum=1, maximum=MAX_TAG, single_line=True)
    if act == "untag":
        return lambda one: replace(one, tags=tuple(t for t in one.tags if t != tag))
    if says_held_out(tag):
        raise Invalid.field("value", "held_out", "Hold examples out by the act of that name.")

    def tagged(one: ImportedExample) -> ImportedExample:
        tags = sorted({*one.tags, tag})
        if len(tags) > MAX_LIST:
            raise Invalid.field("value", "too_many", f"{one.key} has {MAX_LIST} tags already.")
        return replace(one, tags=tuple(tags))

    return tagged


def _revision(dataset: Dataset, key: str) -> ExampleRevision:
    line = DraftExample.objects.filter(dataset=dataset, key=key).select_related("revision").first()
    if line is None:
        raise NotReady(f"The draft has no example {key[:64]} any more.", code="gone")
    return line.revision


def _tell(actor: User, dataset: Dataset, action: str, detail: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail=detail,
    )
