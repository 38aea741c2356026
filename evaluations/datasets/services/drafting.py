"""What every change of a draft goes through: one lock, one way to store, one guard."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Max

from evaluations.datasets.enums import Source
from evaluations.datasets.heldout import may_see_content
from evaluations.datasets.importing.fields import material
from evaluations.datasets.importing.types import MAX_ROWS, Declared, ImportedExample
from evaluations.datasets.models import Dataset, DraftExample, ExampleRevision
from portal.accounts.models import User
from portal.common.canonical import digest
from portal.common.errors import Forbidden, Invalid


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a revision comes from, beside what it says itself."""

    source: Source
    source_ref: str = ""
    proposed_by: UUID | None = None
    accepted_by: UUID | None = None


def declared_by(dataset: Dataset) -> Declared:
    """Return what the dataset declares about its examples."""
    return Declared(tuple(dataset.variables), dataset.expected_schema)


@contextmanager
def changing_draft(actor: User, dataset: Dataset) -> Iterator[None]:
    """Lock the draft for a change; inside a transaction.

    Raises Forbidden (held_out) when somebody who writes prompts changed or took out a held-out
    example, and Invalid (too_many_rows) when the draft grew beyond its limit.
    """
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    free = may_see_content(actor, dataset)
    held = {} if free else _held(dataset)
    yield
    if held and not held.items() <= _held(dataset).items():
        raise Forbidden(
            "You write prompts of this workload: held-out examples are changed, released and"
            " taken out by somebody who does not.",
            code="held_out",
        )
    if DraftExample.objects.filter(dataset=dataset).count() > MAX_ROWS:
        raise Invalid.field("file", "too_many_rows", "A dataset holds at most 5,000 examples.")
    Dataset.objects.filter(pk=dataset.pk).update(row_version=F("row_version") + 1)


def _held(dataset: Dataset) -> dict[str, UUID]:
    lines = DraftExample.objects.filter(dataset=dataset, revision__held_out=True)
    return dict(lines.values_list("key", "revision_id"))


def inputs_of_draft(dataset: Dataset) -> dict[str, str]:
    """Return the keys of the draft by the digest of their input."""
    rows = DraftExample.objects.filter(dataset=dataset)
    return {found: key for key, found in rows.values_list("key", "revision__input_digest")}


def example_of(revision: ExampleRevision) -> ImportedExample:
    """Return a stored revision as an example that can be changed and stored again."""
    return ImportedExample(
        line=0,
        key=revision.key,
        kind=revision.kind,
        input=revision.input,
        context=tuple(revision.context),
        expected=revision.expected,
        expects=revision.expects,
        must_include=tuple(revision.must_include),
        must_not_include=tuple(revision.must_not_include),
        tags=tuple(revision.tags),
        weight=revision.weight,
        source_ref=revision.source_ref,
        licence=revision.licence,
        held_out=revision.held_out,
        input_digest=revision.input_digest,
        digest=revision.digest,
    )


def digested(example: ImportedExample) -> str:
    """Return the digest of an example that was changed."""
    return digest(material(example))


def origin_of(revision: ExampleRevision) -> Provenance:
    """Return where a revision came from, for the one that replaces it."""
    return Provenance(
        Source(revision.source),
        revision.source_ref,
        revision.proposed_by_id,
        revision.accepted_by_id,
    )


def store(
    actor: User, dataset: Dataset, rows: Sequence[tuple[ImportedExample, Provenance]]
) -> None:
    """Put examples into the draft: a known key gets the new revision, a new one the last place."""
    ExampleRevision.objects.bulk_create(
        [
            ExampleRevision(
                dataset=dataset,
                key=row.key,
                kind=row.kind,
                input=row.input,
                context=list(row.context),
                expected=row.expected,
                expects=row.expects,
                must_include=list(row.must_include),
                must_not_include=list(row.must_not_include),
                tags=list(row.tags),
                weight=row.weight,
                held_out=row.held_out,
                source=origin.source,
                source_ref=(row.source_ref or origin.source_ref)[:400],
                licence=row.licence,
                proposed_by_id=origin.proposed_by,
                accepted_by_id=origin.accepted_by,
                input_digest=row.input_digest,
                digest=row.digest,
                created_by=actor,
                updated_by=actor,
            )
            for row, origin in rows
        ],
        ignore_conflicts=True,
        # Preparing one long statement costs more than the round trips that it saves.
        batch_size=50,
    )
    wanted = [row.digest for row, _ in rows]
    found: Mapping[tuple[str, str], UUID] = {
        (key, known): pk
        for key, known, pk in ExampleRevision.objects.filter(
            dataset=dataset, digest__in=wanted
        ).values_list("key", "digest", "pk")
    }
    last = DraftExample.objects.filter(dataset=dataset).aggregate(m=Max("position"))["m"] or 0
    DraftExample.objects.bulk_create(
        [
            DraftExample(
                dataset=dataset,
                key=row.key,
                revision_id=found[row.key, row.digest],
                position=last + place,
            )
            for place, (row, _) in enumerate(rows, start=1)
        ],
        update_conflicts=True,
        unique_fields=["dataset", "key"],
        update_fields=["revision"],
        batch_size=250,
    )
