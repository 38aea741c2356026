"""What can be done with a dataset: make it, fill its draft from a file, commit a version."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F, Max

from evaluations.datasets.enums import (
    DataClass,
    ImportMode,
    Purpose,
    Source,
    UploadState,
)
from evaluations.datasets.importing import ImportedExample, parse
from evaluations.datasets.importing.types import MAX_BYTES, MAX_ROWS
from evaluations.datasets.models import (
    Dataset,
    DatasetVersion,
    DraftExample,
    ExampleRevision,
    ImportUpload,
    VersionExample,
)
from evaluations.datasets.selectors import latest_version, version_digest
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, FieldError, Invalid, NotReady
from portal.common.text import clean_text
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import open_cycle
from workloads.lifecycle.services import evidence_changed, locked_cycle

EXTENSIONS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")


@transaction.atomic
def create_dataset(
    *,
    actor: User,
    workload: Workload,
    name: str,
    purpose: Purpose = Purpose.GOLDEN,
    description: str = "",
    sources: str = "",
    data_class: DataClass = DataClass.INTERNAL,
    contains_pii: bool = False,
) -> Dataset:
    """Make an empty dataset. Raises Forbidden, or Invalid (name, description, sources)."""
    require(actor, workload, "edit")
    title = clean_text(name, field="name", minimum=3, maximum=120, single_line=True)
    if Dataset.objects.filter(workload=workload, name=title).exists():
        raise Invalid.field("name", "not_unique", "A dataset of this name already exists here.")
    with connection.cursor() as cursor:
        # Numbers run across all workloads; the lock makes the next one certain.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('evaluations_datasets.number'))")
    number = (Dataset.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    dataset = Dataset.objects.create(
        workload=workload,
        number=number,
        ref=f"DS-{number:04d}",
        name=title,
        purpose=purpose,
        description=clean_text(description, field="description", maximum=4_000),
        sources=clean_text(sources, field="sources", maximum=4_000),
        data_class=data_class,
        contains_pii=contains_pii,
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="dataset.created",
        kind="dataset",
        ref=dataset.ref,
        workload=workload.ref,
        detail={"purpose": purpose},
    )
    return dataset


@transaction.atomic
def upload_file(
    *, actor: User, dataset: Dataset, filename: str, data: bytes, mode: ImportMode
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
        created_by=actor,
        updated_by=actor,
    )


def _display_name(filename: str) -> str:
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in base if c.isprintable())[-120:].strip() or "file"


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
    )
    ImportUpload.objects.filter(pk=upload.pk).update(data=b"")
    return count


@transaction.atomic
def import_examples(
    *, actor: User, dataset: Dataset, filename: str, data: bytes, mode: ImportMode
) -> int:
    """Bring a file into the draft, all of it or nothing; return the number of its examples.

    Raises Forbidden, or Invalid whose errors name each row as ``line 3: input``.
    """
    require(actor, dataset.workload, "edit")
    preview = parse(data, filename)
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
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    kept = {} if mode == ImportMode.REPLACE else _draft_digests(dataset)
    _refuse_known_inputs(preview.rows, kept)
    revisions = _revisions(actor, dataset, preview.rows, filename)
    if mode == ImportMode.REPLACE:
        DraftExample.objects.filter(dataset=dataset).delete()
    last = DraftExample.objects.filter(dataset=dataset).aggregate(m=Max("position"))["m"] or 0
    DraftExample.objects.bulk_create(
        [
            DraftExample(
                dataset=dataset,
                key=row.key,
                revision=revisions[row.key, row.digest],
                position=last + place,
            )
            for place, row in enumerate(preview.rows, start=1)
        ],
        update_conflicts=True,
        unique_fields=["dataset", "key"],
        update_fields=["revision"],
    )
    if DraftExample.objects.filter(dataset=dataset).count() > MAX_ROWS:
        raise Invalid.field("file", "too_many_rows", "A dataset holds at most 5,000 examples.")
    Dataset.objects.filter(pk=dataset.pk).update(row_version=F("row_version") + 1)
    audit.record(
        actor=actor,
        action="dataset.imported",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={"examples": len(preview.rows), "mode": mode, "format": preview.format},
    )
    return len(preview.rows)


def _draft_digests(dataset: Dataset) -> dict[str, str]:
    """Return the keys of the draft by the digest of their input."""
    rows = DraftExample.objects.filter(dataset=dataset)
    return {digest: key for key, digest in rows.values_list("key", "revision__input_digest")}


def _refuse_known_inputs(rows: Sequence[ImportedExample], kept: dict[str, str]) -> None:
    known = [(row, kept[row.input_digest]) for row in rows if row.input_digest in kept]
    errors = [
        FieldError(
            f"line {row.line}: input",
            "duplicate",
            f'Line {row.line} has the same input as example "{key}" of the draft.',
        )
        for row, key in known
        if key != row.key
    ]
    if errors:
        raise Invalid(
            f"Nothing was imported. {errors[0].message}", code="duplicate", errors=errors[:100]
        )


def _revisions(
    actor: User, dataset: Dataset, rows: Sequence[ImportedExample], filename: str
) -> dict[tuple[str, str], ExampleRevision]:
    """Store what is new among ``rows`` and return the revision of each (key, digest)."""
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
                source=Source.IMPORT,
                source_ref=row.source_ref or f"{filename}, line {row.line}"[:400],
                licence=row.licence,
                input_digest=row.input_digest,
                digest=row.digest,
                created_by=actor,
                updated_by=actor,
            )
            for row in rows
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    found = ExampleRevision.objects.filter(dataset=dataset, digest__in=[row.digest for row in rows])
    return {(one.key, one.digest): one for one in found}


@transaction.atomic
def remove_examples(*, actor: User, dataset: Dataset, keys: Sequence[str]) -> int:
    """Take examples out of the draft; committed versions keep them. Raises Forbidden."""
    require(actor, dataset.workload, "edit")
    removed, _ = DraftExample.objects.filter(dataset=dataset, key__in=list(keys)).delete()
    if removed:
        Dataset.objects.filter(pk=dataset.pk).update(row_version=F("row_version") + 1)
        audit.record(
            actor=actor,
            action="dataset.examples_removed",
            kind="dataset",
            ref=dataset.ref,
            workload=dataset.workload.ref,
            detail={"examples": removed},
        )
    return removed


@transaction.atomic
def commit_version(*, actor: User, dataset: Dataset, note: str = "") -> DatasetVersion:
    """Make the draft the next numbered version, which never changes again.

    Raises Forbidden, NotReady (empty), Conflict (unchanged) or Invalid (note: from version 2 on
    it says what changed).
    """
    require(actor, dataset.workload, "edit")
    cycle = open_cycle(dataset.workload)
    if cycle is not None:
        cycle = locked_cycle(cycle.pk)
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    drafted = list(
        DraftExample.objects.filter(dataset=dataset)
        .select_related("revision")
        .order_by("position", "id")
    )
    if not drafted:
        raise NotReady("The draft has no examples; import some first.", code="empty")
    before = latest_version(dataset)
    number = before.number + 1 if before else 1
    text = clean_text(note, field="note", minimum=3 if before else 0, maximum=280)
    digest = version_digest((d.key, d.revision.digest) for d in drafted)
    if before is not None and before.digest == digest:
        raise Conflict(f"Nothing changed since version {before.number}.", code="unchanged")
    kinds: dict[str, int] = {}
    for line in drafted:
        kinds[line.revision.kind] = kinds.get(line.revision.kind, 0) + 1
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=number,
        digest=digest,
        note=text or "First version",
        n=len(drafted),
        kinds=kinds,
        created_by=actor,
        updated_by=actor,
    )
    VersionExample.objects.bulk_create(
        [
            VersionExample(version=version, revision=line.revision, position=place)
            for place, line in enumerate(drafted, start=1)
        ],
        batch_size=1_000,
    )
    audit.record(
        actor=actor,
        action="dataset.committed",
        kind="dataset",
        ref=dataset.ref,
        workload=dataset.workload.ref,
        detail={"version": number, "digest": digest, "examples": len(drafted)},
    )
    if cycle is not None and before is not None and dataset.purpose == Purpose.GOLDEN:
        for change in ("dataset.changed_after_baseline", "dataset.changed_after_lock"):
            evidence_changed(
                actor=actor,
                cycle=cycle,
                change=change,
                detail=f"{dataset.ref} version {number} was committed.",
                origin="evaluation",
            )
    return version
