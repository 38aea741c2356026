"""Outside evidence: bringing a file in, its page, and the file as it came."""

from typing import Any

from django.contrib import messages as flash
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.preferences.policies import require_unblinded
from evaluations.scorecards import services
from evaluations.scorecards.enums import OutsideFormat
from evaluations.scorecards.forms import OutsideForm
from evaluations.scorecards.models import OutsideEvidence
from evaluations.scorecards.outside import MOST_BYTES
from evaluations.scorecards.selectors import may_read_cases, outside_for
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import workload_for

_FOLDER = "evaluations/scorecards"
WITHHELD = (
    "You write prompts of this workload, and this file may hold what its datasets hold out: its"
    " figures are yours to read, its cases are not."
)
PAGE_SIZE = 50


def _import(
    request: HttpRequest, workload: Workload, form: OutsideForm, status: int = 200
) -> HttpResponse:
    context = {"workload": workload, "form": form}
    return render_page(request, f"{_FOLDER}/outside_import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def outside_import(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a file of promptfoo or Inspect and keep it beside the scorecards."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
    if request.method != "POST":
        return _import(request, workload, OutsideForm())
    form = OutsideForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import(request, workload, form, 422)
    file: UploadedFile[Any] = form.cleaned_data["file"]
    if (file.size or 0) > MOST_BYTES:
        form.add_error("file", f"The file is larger than {MOST_BYTES // 2**20} MB.")
        return _import(request, workload, form, 422)
    try:
        made = services.import_outside_evidence(
            actor=user,
            workload=workload,
            filename=file.name or "",
            data=file.read(),
            note=form.cleaned_data["note"],
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        return _import(request, workload, form, 422)
    flash.success(request, f"Outside evidence {made.number} is kept, as advice.")
    return redirect("scorecards:outside", ref=ref, number=made.number)


def _unblinded(request: HttpRequest, ref: str, number: int) -> OutsideEvidence:
    """Return a file of named answers, to whoever does not rate answers blind just now."""
    user = signed_in(request)
    found = outside_for(user, ref, number)
    require_unblinded(user, found.workload)
    return found


@require_safe
def outside(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show what another tool measured: its figures, and the cases that did not pass."""
    found = _unblinded(request, ref, number)
    document = found.document
    every = request.GET.get("show") == "all"
    readable = may_read_cases(signed_in(request), found)
    listed = document["cases"] if readable else []
    cases = [one for one in listed if every or one["passed"] is not True]
    context = {
        "workload": found.workload,
        "evidence": found,
        "tool": OutsideFormat(found.format),
        "document": document,
        "columns": list(zip(document["columns"], document["figures"], strict=True)),
        "cases": [one | {"who": document["columns"][one["column"]]} for one in cases[:PAGE_SIZE]],
        "listed": len(cases),
        "left": max(0, len(cases) - PAGE_SIZE),
        "every": every,
        "readable": readable,
    }
    return render_page(request, f"{_FOLDER}/outside.html", context)


@require_safe
def outside_file(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the file as it came, byte for byte."""
    found = _unblinded(request, ref, number)
    if not may_read_cases(signed_in(request), found):
        raise Forbidden(WITHHELD, code="held_out")
    response = HttpResponse(bytes(found.content), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{ref}-outside-{number}.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
