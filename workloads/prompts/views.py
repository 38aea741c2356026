"""Pages of phase 3: the editor with its render, versions, and the difference of two."""

from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Invalid
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import selectors, services
from workloads.prompts.content import as_text, problems, sample_values
from workloads.prompts.differences import difference
from workloads.prompts.forms import GUARDRAIL_LABELS, SOURCE_LABELS, EditorForm
from workloads.prompts.rendering import RenderError, messages


def _rendered(content: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"chat": messages(content, sample_values(content)), "render_problem": ""}
    except (RenderError, KeyError) as problem:
        return {"chat": [], "render_problem": str(problem)}


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form: EditorForm | None = None,
    errors: tuple[Any, ...] = (),
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    prompt = selectors.prompt_of(workload)
    content = selectors.draft_content(prompt)
    candidate = selectors.candidate_version(workload)
    context = frame(request, workload, phase_key="prompting") | {
        "form": form or EditorForm(content),
        "row_version": prompt.row_version if prompt else 0,
        "problems": problems(content),
        "errors": errors,
        "note": note,
        "versions": list(selectors.versions_of(workload)[:20]),
        "candidate": candidate,
        "differs": candidate is None or candidate.content != content,
        "editable": policies.can_edit(user, workload),
        "guardrail_kinds": GUARDRAIL_LABELS.items(),
        "sources": SOURCE_LABELS.items(),
        **_rendered(content),
    }
    return render(request, "workloads/prompts/prompts.html", context, status=status)


def prompts(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the editor, or keep the draft that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    form = EditorForm(selectors.draft_content(None), request.POST)
    if not form.is_valid():
        return _page(request, user, workload, form=form, status=422)
    posted = request.POST.get("row_version", "")
    try:
        services.save_draft(
            actor=user,
            workload=workload,
            content=form.content,
            row_version=int(posted) if posted.isdecimal() and posted != "0" else None,
        )
        if "commit" in request.POST:
            version = services.commit_version(
                actor=user, workload=workload, note=request.POST.get("note", "")
            )
            flash.success(request, f"Prompt version {version.number} committed.")
            return redirect("prompts:prompts", ref=ref)
    except DomainError as problem:
        if problem.status == 403:
            raise
        errors = problem.errors or (problem,)
        return _page(
            request,
            user,
            workload,
            form=form,
            errors=errors,
            note=request.POST.get("note", ""),
            status=422 if isinstance(problem, Invalid) else problem.status,
        )
    flash.success(request, "Draft saved.")
    return redirect("prompts:prompts", ref=ref)


@require_POST
def preview(request: HttpRequest, ref: str) -> HttpResponse:
    """Return the rendered messages and the lint list for what is typed; keeps nothing."""
    user = signed_in(request)
    workload_for(user, ref)
    form = EditorForm(selectors.draft_content(None), request.POST)
    if not form.is_valid():
        context: dict[str, Any] = {
            "chat": [],
            "render_problem": "Mend the marked fields first.",
            "problems": [],
        }
    else:
        content = form.content
        context = {"problems": problems(content), **_rendered(content)}
    return render(request, "workloads/prompts/prompts.html#preview", context)


@require_POST
def commit(request: HttpRequest, ref: str) -> HttpResponse:
    """Commit the saved draft as it stands."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    try:
        version = services.commit_version(
            actor=user, workload=workload, note=request.POST.get("note", "")
        )
    except Invalid as problem:
        return _page(
            request,
            user,
            workload,
            errors=problem.errors,
            note=request.POST.get("note", ""),
            status=422,
        )
    flash.success(request, f"Prompt version {version.number} committed.")
    return redirect("prompts:prompts", ref=ref)


@require_safe
def version(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one committed version as the model gets it."""
    workload = workload_for(signed_in(request), ref)
    found = selectors.version_of(workload, number)
    context = frame(request, workload, phase_key="prompting") | {
        "version": found,
        "candidate": selectors.candidate_version(workload),
        "editable": policies.can_edit(signed_in(request), workload),
        "moves": [m for m in selectors.moves_of(workload)[:50] if number in (m.to.number,)],
        **_rendered(found.content),
    }
    return render(request, "workloads/prompts/version.html", context)


@require_POST
def use(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Make a version the candidate."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    services.point_candidate(actor=user, workload=workload, version=found, reason="chosen again")
    flash.success(request, f"Version {number} is the candidate.")
    return redirect("prompts:version", ref=ref, number=number)


@require_safe
def diff(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what differs between two versions, word by word."""
    workload = workload_for(signed_in(request), ref)
    numbers = []
    for name in ("a", "b"):
        raw = request.GET.get(name, "")
        if not (raw.isascii() and raw.isdecimal() and len(raw) < 9):
            raise Invalid.field(name, "invalid_integer", "Name two versions by their numbers.")
        numbers.append(int(raw))
    before, after = (selectors.version_of(workload, number) for number in numbers)
    context = frame(request, workload, phase_key="prompting") | {
        "before": before,
        "after": after,
        "pieces": difference(as_text(before.content), as_text(after.content)),
    }
    return render(request, "workloads/prompts/diff.html", context)
