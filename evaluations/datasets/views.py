"""Pages of golden datasets: list, draft, import in two steps, committed versions."""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import DataClass, ImportMode, Kind, Purpose
from evaluations.datasets.forms import CommitForm, DatasetForm, UploadForm
from evaluations.datasets.importing import ImportPreview, parse
from evaluations.datasets.importing.types import MAX_BYTES
from evaluations.datasets.models import Dataset
from evaluations.datasets.presentation import balance_bars, example_line
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.common.pagination import page_of
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit, require
from workloads.lifecycle.selectors import workload_for

PREVIEWED = 10
_FOLDER = "evaluations/datasets"


@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: HttpRequest, ref: str) -> HttpResponse:
    """List the workload's datasets, or make the one that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method == "POST":
        require(user, workload, "edit")
    form = DatasetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.create_dataset(
                actor=user,
                workload=workload,
                name=data["name"],
                purpose=Purpose(data["purpose"]),
                description=data["description"],
                sources=data["sources"],
                data_class=DataClass(data["data_class"]),
                contains_pii=data["contains_pii"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"{made.ref} made. Import its examples next.")
            return redirect("datasets:import", ref=ref, dataset_ref=made.ref)
    found = list(selectors.datasets_for(user, workload))
    latest = selectors.latest_versions(found)
    rows = [{"dataset": one, "latest": latest.get(one.pk)} for one in found]
    context = frame(request, workload, phase_key="evaluation") | {
        "rows": rows,
        "form": form,
        "editable": can_edit(user, workload),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, f"{_FOLDER}/list.html", context, status=status)


def _kind(request: HttpRequest) -> str:
    """Return the kind asked for, or nothing. Raises Invalid (unknown_filter, choice)."""
    unknown = sorted(set(request.GET) - {"kind", "cursor"})
    if unknown:
        raise Invalid("These examples are narrowed by kind alone.", code="unknown_filter")
    kind = request.GET.get("kind", "")
    if kind and kind not in Kind.values:
        raise Invalid.field("kind", "choice", f"Use one of {', '.join(Kind.values)}.")
    return kind


def _kind_tabs(request: HttpRequest, kinds: dict[str, int]) -> list[dict[str, Any]]:
    chosen = _kind(request)
    found = [
        {
            "label": "All",
            "url": request.path,
            "current": not chosen,
            "count": sum(kinds.values()),
        }
    ]
    found += [
        {
            "label": kind.label,
            "url": f"{request.path}?kind={kind.value}",
            "current": chosen == kind.value,
            "count": kinds.get(kind.value, 0),
        }
        for kind in Kind
    ]
    return found


def _draft_page(
    request: HttpRequest, dataset: Dataset, commit: CommitForm, status: int = 200
) -> HttpResponse:
    user = signed_in(request)
    kinds = selectors.draft_kinds(dataset)
    lines = selectors.draft_lines(dataset, _kind(request))
    page = page_of(lines, by="id", cursor=request.GET.get("cursor", ""))
    versions = list(selectors.versions_of(dataset)[:50])
    context = frame(request, dataset.workload, phase_key="evaluation") | {
        "dataset": dataset,
        "purpose": Purpose(dataset.purpose),
        "n": sum(kinds.values()),
        "shares": selectors.shares(kinds),
        "balances": balance_bars(
            selectors.balance_of(selectors.expected_of(selectors.draft_lines(dataset)))
        ),
        "tabs": _kind_tabs(request, kinds),
        "page": page,
        "lines": [example_line(line.revision) for line in page.rows],
        "versions": versions,
        "unchanged": bool(versions) and versions[0].digest == selectors.draft_digest(dataset),
        "commit_form": commit,
        "editable": can_edit(user, dataset.workload),
    }
    return render_page(request, f"{_FOLDER}/dataset.html", context, status=status)


@require_safe
def dataset(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Show a dataset: its draft with shares and balance, and its versions."""
    found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
    return _draft_page(request, found, CommitForm())


@require_POST
def commit(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Commit the draft as the next version."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    require(user, found.workload, "edit")
    form = CommitForm(request.POST)
    if form.is_valid():
        try:
            version = services.commit_version(
                actor=user, dataset=found, note=form.cleaned_data["note"]
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"Version {version.number} committed; it never changes again.")
            return redirect(
                "datasets:version", ref=ref, dataset_ref=dataset_ref, number=version.number
            )
    return _draft_page(request, found, form, status=422)


@require_POST
def remove(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """Take the ticked examples out of the draft."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    # No key holds a null character, and the database would not even compare one.
    keys = [key for key in request.POST.getlist("key")[:1_000] if "\x00" not in key]
    removed = services.remove_examples(actor=user, dataset=found, keys=keys)
    words = "1 example" if removed == 1 else f"{removed} examples"
    flash.success(request, f"{words} taken out of the draft.")
    return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)


@require_safe
def version(request: HttpRequest, ref: str, dataset_ref: str, number: int) -> HttpResponse:
    """Show one committed version with its examples."""
    user = signed_in(request)
    found = selectors.version_for(user, ref, dataset_ref, number)
    page = page_of(
        selectors.version_lines(found, _kind(request)),
        by="position",
        cursor=request.GET.get("cursor", ""),
    )
    context = frame(request, found.dataset.workload, phase_key="evaluation") | {
        "committed": found,
        "dataset": found.dataset,
        "shares": selectors.shares(found.kinds),
        "balances": balance_bars(
            selectors.balance_of(selectors.expected_of(selectors.version_lines(found)))
        ),
        "tabs": _kind_tabs(request, found.kinds),
        "page": page,
        "lines": [example_line(line.revision) for line in page.rows],
    }
    return render_page(request, f"{_FOLDER}/version.html", context)


def _import_page(
    request: HttpRequest,
    found: Dataset,
    form: UploadForm,
    preview: ImportPreview | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, found.workload, phase_key="evaluation") | {
        "dataset": found,
        "form": form,
        "preview": preview,
        "editable": can_edit(signed_in(request), found.workload),
    }
    return render_page(request, f"{_FOLDER}/import.html", context, status=status)


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
    try:
        upload = services.upload_file(
            actor=user,
            dataset=found,
            filename=name,
            data=data,
            mode=ImportMode(form.cleaned_data["mode"]),
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        return _import_page(request, found, form, status=422)
    preview = parse(data, upload.filename)
    if not preview.ok:
        services.discard_upload(actor=user, upload=upload)
        form.add_error("file", _refusal(preview))
        return _import_page(request, found, form, preview, status=422)
    return redirect("datasets:preview", ref=ref, dataset_ref=dataset_ref, upload_id=upload.pk)


def _refusal(preview: ImportPreview) -> str:
    if len(preview.errors) == 1 and not preview.errors[0].line:
        return preview.errors[0].message
    count = preview.error_count
    return f"Nothing was imported: {count} problem{'' if count == 1 else 's'}, listed below."


@require_safe
def preview(request: HttpRequest, ref: str, dataset_ref: str, upload_id: UUID) -> HttpResponse:
    """Show what an uploaded file holds, before it is confirmed."""
    upload = selectors.upload_for(signed_in(request), ref, dataset_ref, upload_id)
    return _preview_page(request, upload.dataset, upload)


def _preview_page(
    request: HttpRequest,
    found: Dataset,
    upload: Any,
    errors: tuple[Any, ...] = (),
    status: int = 200,
) -> HttpResponse:
    read = parse(bytes(upload.data), upload.filename)
    kinds: dict[str, int] = {}
    for row in read.rows:
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
    context = frame(request, found.workload, phase_key="evaluation") | {
        "dataset": found,
        "upload": upload,
        "mode": ImportMode(upload.mode),
        "preview": read,
        "lines": [example_line(row) for row in read.rows[:PREVIEWED]],
        "shares": selectors.shares(kinds),
        "balances": balance_bars(selectors.balance_of(row.expected for row in read.rows)),
        "errors": errors,
        "editable": can_edit(signed_in(request), found.workload),
    }
    return render_page(request, f"{_FOLDER}/preview.html", context, status=status)


@require_POST
def confirm(request: HttpRequest, ref: str, dataset_ref: str, upload_id: UUID) -> HttpResponse:
    """Import an uploaded file into the draft, or forget it."""
    user = signed_in(request)
    upload = selectors.upload_for(user, ref, dataset_ref, upload_id)
    if "discard" in request.POST:
        services.discard_upload(actor=user, upload=upload)
        flash.info(request, "The file was forgotten; nothing was imported.")
        return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)
    try:
        count = services.confirm_import(actor=user, upload=upload)
    except Forbidden:
        raise
    except DomainError as problem:
        return _preview_page(request, upload.dataset, upload, problem.errors or (problem,), 422)
    flash.success(request, f"{count} examples imported into the draft. Commit it to use it.")
    return redirect("datasets:dataset", ref=ref, dataset_ref=dataset_ref)
