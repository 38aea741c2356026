"""The pages of what is said about a brief: every thread, and one with its forms.

The thread of an answer is a page of its own; with a script it opens in a drawer beside the brief.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.accounts.selectors import remits_of
from portal.common.errors import DomainError, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.briefs import services
from workloads.briefs.authors import suggestion_makes_author
from workloads.briefs.forms import CommentForm, ReasonForm, SuggestForm
from workloads.briefs.policies import can_discuss, can_withdraw
from workloads.briefs.selectors import brief_of
from workloads.briefs.threads import Thread, label_of, suggestion_of, threads_of, words_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit
from workloads.lifecycle.selectors import current_cycle, workload_for

PAGE = "workloads/briefs/discussion.html"


@require_safe
def discussion(request: HttpRequest, ref: str) -> HttpResponse:
    """Show every thread of the brief, open ones first."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    threads = list(threads_of(brief_of(current_cycle(workload))).values())
    context = frame(request, workload, phase_key="scoping") | {
        "open_threads": [one for one in threads if one.is_open],
        "settled_threads": [one for one in threads if not one.is_open],
        "can_discuss": can_discuss(user, workload),
    }
    return render_page(request, "workloads/briefs/discussions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, ref: str, field: str) -> HttpResponse:
    """Show what is said about one answer, or take a comment, a resolution or a suggestion."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    label_of(field)
    if request.method != "POST":
        return _page(request, user, workload, field)
    return _spoken(request, user, workload, field)


def _spoken(request: HttpRequest, user: User, workload: Workload, field: str) -> HttpResponse:
    act = request.POST.get("act", "")
    said = CommentForm(request.POST)
    suggested = SuggestForm(brief_of(current_cycle(workload)), field, request.POST)
    words = request.POST.get("text", "")
    form: forms.Form = suggested if act == "suggest" else said
    try:
        match act:
            case "comment":
                services.comment(actor=user, workload=workload, field=field, text=words)
            case "resolve":
                services.resolve(actor=user, workload=workload, field=field, text=words)
            case "reopen":
                services.reopen(actor=user, workload=workload, field=field, text=words)
            case "suggest":
                raw = suggested.raw()
                services.suggest(actor=user, workload=workload, field=field, **raw)
            case _:
                raise Invalid("Say what to do: comment, resolve, reopen or suggest.")
    except DomainError as problem:
        bound = {"suggest_form" if act == "suggest" else "comment_form": form}
        return _refused(request, user, workload, field, problem, form, bound)
    return _done(request, user, workload, field)


@require_POST
def suggestion(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Accept, decline or take back a suggestion; what was typed comes back with a refusal."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = suggestion_of(workload, number)
    act = request.POST.get("act", "")
    form = ReasonForm(request.POST)
    reason = request.POST.get("reason", "")
    try:
        match act:
            case "accept":
                replacing = request.POST.get("replacing", "")[:80]
                services.accept(actor=user, suggestion=found, replacing=replacing)
            case "decline":
                services.decline(actor=user, suggestion=found, reason=reason)
            case "withdraw":
                services.withdraw(actor=user, suggestion=found)
            case _:
                raise Http404
    except DomainError as problem:
        bound = {"declining": found.pk, "reason_form": form} if act == "decline" else {}
        return _refused(request, user, workload, found.field, problem, form, bound)
    if act == "accept":
        messages.success(request, "The suggestion is in the brief.")
        if wants_fragment(request):
            # The answer stands in the form of the page underneath, which has to be read anew.
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect("briefs:brief", ref=ref)
    return _done(request, user, workload, found.field)


def _done(request: HttpRequest, user: User, workload: Workload, field: str) -> HttpResponse:
    if wants_fragment(request):
        return _page(request, user, workload, field, changed=True)
    return redirect("briefs:thread", ref=workload.ref, field=field)


def _refused(
    request: HttpRequest,
    user: User,
    workload: Workload,
    field: str,
    problem: DomainError,
    form: forms.Form,
    bound: dict[str, Any],
) -> HttpResponse:
    """The thread with what is wrong beside what was typed; 422 for wrong input, else its status."""
    form.is_valid()
    form.errors.clear()
    named = [error for error in problem.errors if error.field in form.fields]
    status = 422 if isinstance(problem, Invalid) else problem.status
    if named:
        add_errors(form, problem)
    more = bound | {"problem": None if named else problem}
    response = _page(request, user, workload, field, status=status, **more)
    response["HX-Retarget"] = "#discussion-body"
    response["HX-Reswap"] = "innerHTML"
    return response


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    field: str,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    brief = brief_of(current_cycle(workload))
    threads = threads_of(brief)
    shown = threads.get(field) or Thread(field, label_of(field))
    context: dict[str, Any] = {
        "workload": workload,
        "thread": shown,
        "threads": threads,
        "present": words_of(brief, field),
        "may_discuss": can_discuss(user, workload) if not brief._state.adding else False,
        "may_decide": can_edit(user, workload),
        "own": {
            one.said.suggestion.pk
            for one in shown.lines
            if one.said is not None and can_withdraw(user, one.said.suggestion)
        },
        "comment_form": CommentForm(auto_id="say_%s"),
        "suggest_form": SuggestForm(brief, field),
        "reason_form": None,
        "declining": 0,
        "makes_author": suggestion_makes_author(brief) and bool(remits_of(user)),
        "problem": None,
        "changed": False,
        **more,
    }
    if not wants_fragment(request):
        context = frame(request, workload, phase_key="scoping") | context
    return render_page(request, PAGE, context, partial="thread", status=status)
