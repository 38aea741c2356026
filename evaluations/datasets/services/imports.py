"""Bringing a file into the draft: kept, its columns mapped, then all of it or nothing."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from evaluations.datasets.enums import ImportMode, Source, UploadState
from evaluations.datasets.importing import ImportedExample, parse
from evaluations.datasets.importing.mapping import checked
from evaluations.datasets.importing.types import MAX_BYTES
from evaluations.datasets.models import Dataset, DraftExample, ImportUpload
from evaluations.datasets.services.drafting import (
    Provenance,
    changing_draft,
    declared_by,
    inputs_of_draft,
    store,
)
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, FieldError, Invalid
from workloads.lifecycle.policies import require

EXTENSIONS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")


@transaction.atomic
def upload_file(
    *,
    actor: User,
    dataset: Dataset,
    filename: str,
    data: bytes,
    mode: ImportMode,
    mapping: Mapping[str, str] | None = None,
) -> ImportUpload:
    """Keep a file until its import is confirmed or discarded; nothing is imported yet.

    Raises Forbidden, or Invalid (file: file_type, too_large, empty).
    """
    require(actor, dataset.workload, "edit")
    shown = _display_name(filename)
    if not shown.lower().endswith(EXTENSIONS):
        raise Invalid.field(
            "file", "file_type", f"Choose a file that ends in {', '.join(EXTENSIONS[:-1])} or .txt."
        )
    if len(data) > MAX_BYTES:
        raise Invalid.field("file", "too_large", "The file is larger than 20 MB; split it.")
    if not data:
        raise Invalid.field("file", "empty", "There are no examples: the file is empty.")
    ImportUpload.objects.filter(
        dataset=dataset, created_by=actor, state=UploadState.WAITING
    ).delete()
    return ImportUpload.objects.create(
        dataset=dataset,
        filename=shown,
        data=data,
        size=len(data),
        mode=mode,
        mapping=dict(mapping or {}),
        created_by=actor,
        updated_by=actor,
    )


def _display_name(filename: str) -> str:
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in base if c.isprintable())[-120:].strip() or "file"


@transaction.atomic
def map_columns(
    *, actor: User, upload: ImportUpload, mapping: Mapping[str, str], columns: Sequence[str]
) -> ImportUpload:
    """Say what the columns of an uploaded file mean; ``columns`` are those it has.

    Raises Forbidden or Invalid (columns).
    """
    require(actor, upload.dataset.workload, "edit")
    kept, problem = checked(mapping, columns)
    if problem:
        raise Invalid.field("columns", "mapping", problem)
    ImportUpload.objects.filter(pk=upload.pk).update(mapping=kept)
    upload.mapping = kept
    return upload


@transaction.atomic
def discard_upload(*, actor: User, upload: ImportUpload) -> None:
    """Forget an uploaded file. Raises Forbidden."""
    require(actor, upload.dataset.workload, "edit")
    ImportUpload.objects.filter(pk=upload.pk, state=UploadState.WAITING).update(
        state=UploadState.DISCARDED, data=b""
    )


@transaction.atomic
def confirm_import(*, actor: User, upload: ImportUpload) -> int:
    """Bring the uploaded file into the draft, all of it or nothing; return its examples' number.

    Raises Forbidden, Conflict (already_decided) or Invalid with an error per row.
    """
    taken = ImportUpload.objects.filter(pk=upload.pk, state=UploadState.WAITING).update(
        state=UploadState.IMPORTED
    )
    if not taken:
        raise Conflict("This file was imported or discarded already.", code="already_decided")
    count = import_examples(
        actor=actor,
        dataset=upload.dataset,
        filename=upload.filename,
        data=bytes(upload.data),
        mode=ImportMode(upload.mode),
        mapping=upload.mapping,
    )
    ImportUpload.objects.filter(pk=upload.pk).update(data=b"")
    return count


@transaction.atomic
def import_examples(
    *,
    actor: User,
    dataset: Dataset,
    filename: str,
    data: bytes,
    mode: ImportMode,
    mapping: Mapping[str, str] | None = None,
) -> int:
    """Bring a file into the draft, all of it or nothing; return the number of its examples.

    Raises Forbidden (also held_out), or Invalid whose errors name each row as ``line 3: input``.
    """
    require(actor, dataset.workload, "edit")
    preview = parse(data, filename, mapping, declared_by(dataset))
    if not preview.ok:
        errors = [
            FieldError(
                f"line {e.line}: {e.field}".rstrip(": ") if e.line else e.field, e.code, e.message
            )
            for e in preview.errors
        ]
        first = errors[0] if errors else None
        raise Invalid(
            f"Nothing was imported: {preview.error_count} problems in the file."
            + (f" First: {first.field}: {first.message}" if first else ""),
            code=first.code if first else "empty",
            errors=errors,
        )
    with changing_draft(actor, dataset):
        kept = {} if mode == ImportMode.REPLACE else inputs_of_draft(dataset)
        _refuse_known_inputs(preview.rows, kept)
        if mode == ImportMode.REPLACE:
            DraftExample.objects.filter(dataset=dataset).delete()
        rows = [
            (row, Provenance(Source.IMPORT, f"{filename}, line {row.line}")) for row in preview.rows
        ]
        store(actor, dataset, rows)
    audit.record(
        actor=actor,
        action="dataset.imported",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={
            "examples": len(preview.rows),
            "held_out": sum(row.held_out for row in preview.rows),
            "mode": mode,
            "format": preview.format,
        },
    )
    return len(preview.rows)


def _refuse_known_inputs(rows: Sequence[ImportedExample], kept: Mapping[str, str]) -> None:
    # A known key may take an input over only from an example that the file changes too.
    replaced = {row.key for row in rows}
    errors = [
        FieldError(
            f"line {row.line}: input",
            "duplicate",
            f'Line {row.line} has the same input as example "{kept[row.input_digest]}" of the'
            " draft.",
        )
        for row in rows
        if row.input_digest in kept
        and kept[row.input_digest] != row.key
        and kept[row.input_digest] not in replaced
    ]
    if errors:
        raise Invalid(
            f"Nothing was imported. {errors[0].message}", code="duplicate", errors=errors[:100]
        )
