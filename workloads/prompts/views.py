"""Pages of phase 3: the editor with its render, versions, and the difference of two."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.phases import Check
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import rows, selectors, services
from workloads.prompts.content import as_text, sample_values
from workloads.prompts.differences import difference
from workloads.prompts.forms import EditorForm
from workloads.prompts.lint import problems
from workloads.prompts.models import Pointer
from workloads.prompts.rendering import RenderError, messages

PAGE = "workloads/prompts/prompts.html"
WORDS = {
    "persona": "Who is the model",
    "instructions": "What is it to do",
    "user_template": "The message",
    "params": "Settings",
    "few_shot": "Few-shot examples",
    "output_schema": "JSON Schema",
}


def _rendered(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chat as the model gets it, and everything that lint has to say."""
    found = {"chat": [], "render_problem": "", "lint": _lint(content)}
    try:
        chat = messages(content, sample_values(content))
    except RenderError as problem:
        return found | {"render_problem": str(problem)}
    return found | {
        "chat": [
            message | {"label": f"Message {number}, {message['role']}"}
            for number, message in enumerate(chat, start=1)
        ]
    }


def _lint(content: Mapping[str, Any]) -> list[Check]:
    found = []
    for problem in problems(content):
        name, _, rest = problem.field.partition("[")
        section, _, part = name.partition(".")
        words = WORDS.get(section, section.replace("_", " ").capitalize())
        if rest:
            words = f"{words} {int(rest.partition(']')[0]) + 1}"
        anchor = section if section in rows.SPARE else f"id_{part or section}"
        found.append(
            Check(
                problem.code,
                words,
                CheckState.FAIL if problem.blocks else CheckState.UNKNOWN,
                detail=problem.message,
                link=f"#{anchor}",
                link_label="Go there",
            )
        )
    return found


def _seen_version(request: HttpRequest) -> int:
    """Return the row version that the page was opened with; a forged one matches no draft."""
    raw = request.POST.get("row_version", "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else -1


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form: EditorForm | None = None,
    problem: DomainError | None = None,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    prompt = selectors.prompt_of(workload)
    kept = selectors.draft_content(prompt)
    current = kept
    if form is not None and form.is_valid():
        current = selectors.completed(form.content)
    candidate = selectors.candidate_version(workload)
    saved = prompt.row_version if prompt else 0
    context = frame(request, workload, phase_key="prompting") | {
        "form": form or EditorForm(kept),
        "row_version": saved if seen is None else seen,
        "problem": problem,
        "note": request.POST.get("note", ""),
        "versions": list(selectors.versions_of(workload)[:50]),
        "candidate": candidate,
        "pointer": Pointer.CANDIDATE,
        "differs": candidate is None or candidate.content != kept,
        "draft_saved": prompt.updated_at if prompt else None,
        "draft_by": prompt.updated_by if prompt else None,
        "editable": policies.can_edit(user, workload),
        "guardrail_kinds": rows.GUARDRAIL_LABELS.items(),
        "sources": rows.SOURCE_LABELS.items(),
        "needs": rows.NEED_LABELS.items(),
        "whole_page": True,
        **_rendered(current),
    }
    return render_page(request, PAGE, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def prompts(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the editor; keep the draft that was posted and, when asked, commit it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    policies.require(user, workload, "edit")
    form = EditorForm(selectors.draft_content(selectors.prompt_of(workload)), request.POST)
    seen = _seen_version(request)
    if not form.is_valid():
        return _page(request, user, workload, form=form, seen=seen, status=422)
    try:
        saved = services.save_draft(
            actor=user, workload=workload, content=form.content, row_version=seen
        )
        seen = saved.row_version
        if "commit" not in request.POST:
            flash.success(request, "Draft saved.")
            return redirect("prompts:prompts", ref=ref)
        version = services.commit_version(
            actor=user,
            workload=workload,
            note=request.POST.get("note", ""),
            row_version=saved.row_version,
        )
    except Forbidden:
        raise
    except DomainError as problem:
        status = 422 if isinstance(problem, Invalid) else problem.status
        return _page(request, user, workload, form=form, problem=problem, seen=seen, status=status)
    flash.success(request, f"Prompt version {version.number} committed.")
    return redirect("prompts:prompts", ref=ref)


@require_POST
def preview(request: HttpRequest, ref: str) -> HttpResponse:
    """Return the rendered messages and the lint list for what is typed; keeps nothing."""
    workload = workload_for(signed_in(request), ref)
    form = EditorForm(selectors.draft_content(selectors.prompt_of(workload)), request.POST)
    if form.is_valid():
        context = _rendered(selectors.completed(form.content))
    else:
        errors = [words for found in form.fields.errors.values() for words in found]
        told = [*errors, *form.row_errors]
        context = {"chat": [], "lint": [], "render_problem": " ".join(map(str, told))}
    return render(request, f"{PAGE}#preview", context | {"whole_page": False})


@require_safe
def version(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one committed version as the model gets it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    candidate = selectors.candidate_version(workload)
    context = frame(request, workload, phase_key="prompting") | {
        "version": found,
        "is_candidate": candidate is not None and candidate.pk == found.pk,
        "candidate": candidate,
        "pointer": Pointer.CANDIDATE,
        "editable": policies.can_edit(user, workload),
        "moves": [(move, Pointer(move.pointer)) for move in selectors.moves_to(found)[:50]],
        "settings": [
            (name.replace("_", " "), value)
            for name, value in found.content["params"].items()
            if value not in (None, [])
        ],
        **_rendered(found.content),
    }
    return render_page(request, "workloads/prompts/version.html", context)


@require_POST
def use(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Make a version the candidate."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.version_of(workload, number)
    moved = services.point_candidate(
        actor=user, workload=workload, version=found, reason="chosen again"
    )
    if moved is None:
        raise Conflict(f"Version {number} is the candidate already.", code="unchanged")
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
        "versions": list(selectors.versions_of(workload)[:50]),
    }
    return render_page(request, "workloads/prompts/diff.html", context)
