"""The editor: what is typed, what the model would get of it, and what is wrong with it."""

from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import workload_for
from workloads.prompts import rows, selectors, services
from workloads.prompts.answers import ANSWER_MAX, check_answer
from workloads.prompts.forms import EditorForm
from workloads.prompts.lineage import Lineage, lineage
from workloads.prompts.models import Pointer, PromptVersion
from workloads.prompts.secrets import findings
from workloads.prompts.views.rendered import rendered, words_of

PAGE = "workloads/prompts/prompts.html"
LISTED = 50


def seen_version(request: HttpRequest) -> int:
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
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    prompt = selectors.prompt_of(workload)
    kept = selectors.draft_content(prompt)
    current = kept
    if form is not None and form.is_valid():
        current = selectors.completed(form.content)
    saved = prompt.row_version if prompt else 0
    pointers = selectors.pointers_of(workload)
    listed = list(selectors.version_list(workload)[:LISTED])
    cleared = selectors.cleared_findings(prompt)
    context = frame(request, workload, phase_key="prompting") | {
        "form": form or EditorForm(kept),
        "row_version": saved if seen is None else seen,
        "problem": problem,
        "note": request.POST.get("note", ""),
        "candidate": pointers[Pointer.CANDIDATE],
        "differs": selectors.draft_differs(workload, prompt),
        "base": selectors.base_version(workload),
        "draft_saved": prompt.updated_at if prompt else None,
        "draft_by": prompt.updated_by if prompt else None,
        "editable": policies.can_edit(user, workload),
        "guardrail_kinds": rows.GUARDRAIL_LABELS.items(),
        "sources": rows.SOURCE_LABELS.items(),
        "needs": rows.NEED_LABELS.items(),
        "whole_page": True,
        "findings": [
            (one, words_of(one.field)) for one in findings(kept) if one.digest not in cleared
        ],
        "false_alarms": selectors.false_alarms_in(prompt, kept),
        "answer": request.POST.get("answer", ""),
        "answer_check": None,
        "answer_problem": "",
        "answer_max": ANSWER_MAX,
        "refused_finding": "",
        "refused_reason": "",
        **history(listed, pointers),
        **rendered(workload, prompt, current),
        **(more or {}),
    }
    return render_page(request, PAGE, context, status=status)


def history(
    listed: list[PromptVersion], pointers: dict[Pointer, PromptVersion | None]
) -> dict[str, Any]:
    """Return the context of the list of versions: rows, and a drawing where they branch."""
    authors = selectors.authors_by_number(listed)
    at: dict[int, list[Pointer]] = {}
    for pointer, version in pointers.items():
        if version is not None:
            at.setdefault(version.number, []).append(pointer)
    drawing = lineage(
        (version.number, version.parent.number if version.parent else None) for version in listed
    )
    return {
        "versions": [
            (version, at.get(version.number, []), authors[version.number]) for version in listed
        ],
        "lineage": drawing if drawing.lanes > 1 else Lineage(),
        "lineage_nodes": [(node, at.get(node.number, [])) for node in drawing.nodes],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def prompts(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the editor; keep the draft that was posted and, when asked, commit it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    policies.require(user, workload, "edit")
    form = EditorForm(selectors.draft_content(selectors.prompt_of(workload)), request.POST)
    seen = seen_version(request)
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
    prompt = selectors.prompt_of(workload)
    form = EditorForm(selectors.draft_content(prompt), request.POST)
    if form.is_valid():
        context = rendered(workload, prompt, selectors.completed(form.content))
    else:
        context = {
            **{name: [] for name in ("chat", "lint", "shot_checks")},
            "tokens": 0,
            "longest_answer": None,
            "has_outside": False,
            "render_problem": " ".join(_told(form)),
        }
    return render(request, f"{PAGE}#preview", context | {"whole_page": False})


def _told(form: EditorForm) -> list[str]:
    errors = [words for found in form.fields.errors.values() for words in found]
    return [str(words) for words in (*errors, *form.row_errors)]


@require_POST
def check(request: HttpRequest, ref: str) -> HttpResponse:
    """Check a pasted answer against the schema as it is typed now; keeps nothing."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    form = EditorForm(selectors.draft_content(selectors.prompt_of(workload)), request.POST)
    valid = form.is_valid()
    context: dict[str, Any] = {"answer_check": None, "answer_problem": ""}
    if valid:
        content = selectors.completed(form.content)
        context["answer_check"] = check_answer(content, request.POST.get("answer", ""))
    else:
        context["answer_problem"] = " ".join(_told(form))
    if wants_fragment(request):
        return render(request, f"{PAGE}#answer-result", context)
    return _page(
        request,
        user,
        workload,
        form=form,
        seen=seen_version(request),
        status=200 if valid else 422,
        more=context,
    )


@require_POST
def false_alarm(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a reason why what looks like a secret is none."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    finding, reason = request.POST.get("finding", ""), request.POST.get("reason", "")
    try:
        alarm = services.clear_false_alarm(
            actor=user, workload=workload, finding=finding, reason=reason
        )
    except Invalid as problem:
        more = {"refused_finding": finding, "refused_reason": reason}
        return _page(request, user, workload, problem=problem, status=422, more=more)
    flash.success(request, f"{alarm.shown} no longer counts as a secret.")
    return redirect("prompts:prompts", ref=ref)
