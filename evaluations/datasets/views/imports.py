"""Importing in two steps: a file is read, its columns mapped, shown, and only then stored."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import ImportMode
from evaluations.datasets.forms import UploadForm
from evaluations.datasets.importing import ImportPreview, parse
from evaluations.datasets.importing.mapping import MAX_COLUMNS, choices, suggest
from evaluations.datasets.importing.types import MAX_BYTES, Declared
from evaluations.datasets.models import Dataset, ImportUpload
from evaluations.datasets.presentation import balance_bars, example_line
from evaluations.datasets.views.shared import FOLDER, dataset_frame
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, FieldError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle.policies import require

PREVIEWED = 10


def _declared(dataset: Dataset) -> Declared:
    return Declared(tuple(dataset.variables), dataset.expected_schema)


def _mapping_rows(
    dataset: Dataset, preview: ImportPreview, mapping: dict[str, str]
) -> list[dict[str, Any]]:
    """Return each column with what it may mean and what it means now."""
    rows = []
    for column in preview.columns[:MAX_COLUMNS]:
        means = mapping.get(column, "" if column in preview.ignored else column)
        found = choices(column, dataset.variables)
        if means and all(value != means for value, _ in found):
            found.append((means, means))
        rows.append({"column": column, "choices": found, "means": means})
    return rows


def _import_page(
    request: HttpRequest,
    found: Dataset,
    form: UploadForm,
    preview: ImportPreview | None = None,
    status: int = 200,
    upload: ImportUpload | None = None,
) -> HttpResponse:
    context = dataset_frame(request, found, "examples") | {
        "form": form,
        "preview": preview,
        "upload": upload,
        "mapped": _mapping_rows(found, preview, upload.mapping) if preview and upload else [],
    }
    return render_page(request, f"{FOLDER}/import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Take a file, read it, and show it before anything is imported."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    if request.method != "POST":
        return _import_page(request, found, UploadForm())
    require(user, found.workload, "edit")
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, found, form, status=422)
    file: UploadedFile[Any] = form.cleaned_data["file"]
    if (file.size or 0) > MAX_BYTES:
        form.add_error("file", "The file is larger than 20 MB; split it.")
        return _import_page(request, found, form, status=422)
    data, name = file.read(), file.name or "file"
    preview = parse(data, name, declared=_declared(found))
    mapping: dict[str, str] = {}
    if preview.lacks_input:
        guess = suggest(preview.columns, found.variables)
        better = parse(data, name, guess, _declared(found))
        if not better.lacks_input:
            preview, mapping = better, guess
    try:
        upload = services.upload_file(
            actor=user,
            dataset=found,
            filename=name,
            data=data,
            mode=ImportMode(form.cleaned_data["mode"]),
            mapping=mapping,
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        return _import_page(request, found, form, status=422)
    if preview.ok:
        return redirect("datasets:preview", ref=ref, dataset_ref=dataset_ref, upload_id=upload.pk)
    form.add_error("file", _refusal(preview))
    # Only a file whose columns a person can map is worth keeping.
    if mapping or (preview.lacks_input and preview.ignored):
        return _import_page(request, found, form, preview, 422, upload)
    services.discard_upload(actor=user, upload=upload)
    return _import_page(request, found, form, preview, 422)


def _refusal(preview: ImportPreview) -> str:
    if len(preview.errors) == 1 and not preview.errors[0].line:
        return preview.errors[0].message
    if preview.lacks_input:
        return 'There is no column "input": say below what the columns of this file mean.'
    count = preview.error_count
    return f"Nothing was imported: {count} problem{'' if count == 1 else 's'}, listed below."


@require_safe
def preview(request: HttpRequest, ref: str, dataset_ref: str, upload_id: UUID) -> HttpResponse:
    """Show what an uploaded file holds, before it is confirmed."""
    upload = selectors.upload_for(signed_in(request), ref, dataset_ref, upload_id)
    return _preview_page(request, upload)


@require_POST
def columns(request: HttpRequest, ref: str, dataset_ref: str, upload_id: UUID) -> HttpResponse:
    """Take what the columns of an uploaded file mean, and show it again."""
    user = signed_in(request)
    upload = selectors.upload_for(user, ref, dataset_ref, upload_id)
    require(user, upload.dataset.workload, "edit")
    read = parse(bytes(upload.data), upload.filename, upload.mapping)
    chosen = {
        name: request.POST.get(f"column-{place}", name)[:200]
        for place, name in enumerate(read.columns[:MAX_COLUMNS], start=1)
    }
    try:
        services.map_columns(
            actor=user, upload=upload, mapping=chosen, columns=read.columns[:MAX_COLUMNS]
        )
    except Forbidden:
        raise
    except DomainError as problem:
        upload.mapping = chosen
        return _preview_page(request, upload, problem.errors, 422)
    return redirect("datasets:preview", ref=ref, dataset_ref=dataset_ref, upload_id=upload_id)


def _preview_page(
    request: HttpRequest,
    upload: ImportUpload,
    errors: tuple[FieldError | DomainError, ...] = (),
    status: int = 200,
) -> HttpResponse:
    found = upload.dataset
    read = parse(bytes(upload.data), upload.filename, upload.mapping, _declared(found))
    kinds = Counter(row.kind for row in read.rows)
    context = dataset_frame(request, found, "examples") | {
        "upload": upload,
        "mode": ImportMode(upload.mode),
        "preview": read,
        "mapped": _mapping_rows(found, read, upload.mapping),
        "lines": [example_line(row) for row in read.rows[:PREVIEWED]],
        "shares": selectors.shares(kinds),
        "balances": balance_bars(selectors.balance_of(row.expected for row in read.rows)),
        "errors": errors,
    }
    return render_page(request, f"{FOLDER}/preview.html", context, status=status)


@require_POST
def confirm(request: HttpRequest, ref: str, dataset_ref: str, upload_id: UUID) -> HttpResponse:
    """Import an uploaded file into the draft, or forget it."""
    user = signed_in(request)
    upload = selectors.upload_for(user, ref, dataset_ref, upload_id)
    if "discard" in request.POST:
        services.discard_upload(actor=user, upload=upload)
        flash.info(request, "The file was forgotten; nothing was imported.")
        return redirect("datasets:examples", ref=ref, dataset_ref=dataset_ref)
    try:
        count = services.confirm_import(actor=user, upload=upload)
    except Forbidden:
        raise
    except DomainError as problem:
        return _preview_page(request, upload, problem.errors or (problem,), 422)
    flash.success(request, f"{count} examples imported into the draft. Commit it to use it.")
    return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)
