"""The list, a new workload, its name, and its page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.http import signed_in
from portal.common.errors import Forbidden, Invalid
from portal.common.text import text_problem
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import services
from workloads.lifecycle.forms import NewWorkloadForm, WorkloadForm
from workloads.lifecycle.listing import listing
from workloads.lifecycle.pages import frame, manifest_rows
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import can_create, require
from workloads.lifecycle.selectors import activity_of, workload_for
from workloads.lifecycle.starts import starts_for

TEMPLATES = "workloads/lifecycle"
ANSWER, COPIED = "answer.", "workload:"
CARRIED_MAX = 40


@require_safe
def workload_list(request: HttpRequest) -> HttpResponse:
    """Show the workloads that this person may see, newest first."""
    user = signed_in(request)
    found = listing(user, request.GET)
    context = {"listing": found, "form": found.form, "can_create": can_create(user)}
    return render_page(request, f"{TEMPLATES}/list.html", context, partial="rows")


@require_http_methods(["GET", "HEAD", "POST"])
def workload_new(request: HttpRequest) -> HttpResponse:
    """Ask for a name and what to start from, make the workload, go on to its brief.

    Fields that begin with ``answer.`` are answers that were tried before; they come along.
    """
    user = signed_in(request)
    verdict = can_create(user)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    carried = _carried(request.POST if request.method == "POST" else request.GET)
    offered = starts_for(user)
    starts = [one for one in offered if not one.key.startswith(COPIED)]
    copies = [one for one in offered if one.key.startswith(COPIED)]
    form = NewWorkloadForm(
        request.POST or None, starts=starts, copies=copies,
        initial={"start": request.GET.get("start", "")},
    )  # fmt: skip
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                workload = services.create_workload(
                    actor=user, answers=_answers(carried), **form.cleaned_data
                )
            except Invalid as problem:
                add_errors(form, problem)
            else:
                messages.success(request, f"{workload.ref} is made. Start with its brief.")
                return redirect(phases()[0].url_name, ref=workload.ref)
        status = 422
    context = {
        "form": form,
        "starts": starts,
        "copies": copies,
        "carried": carried,
        "chosen": form["start"].value() or "",
    }
    return render_page(request, f"{TEMPLATES}/new.html", context, status=status)


def _carried(data: QueryDict) -> list[tuple[str, str]]:
    """Return the answers that come along, as pairs of field and value."""
    pairs = [
        (name, value)
        for name in data
        if name.startswith(ANSWER)
        for value in data.getlist(name)
        if text_problem(f"{name}{value}") is None and len(f"{name}{value}") < 200
    ]
    return pairs[:CARRIED_MAX]


def _answers(carried: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for name, value in carried:
        found.setdefault(name.removeprefix(ANSWER), []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


@require_http_methods(["GET", "HEAD", "POST"])
def workload_rename(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for another name and summary; no approval depends on them."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require(user, workload, "edit")
    form = WorkloadForm(
        request.POST or None,
        initial={
            "name": workload.name,
            "summary": workload.summary,
            "business_unit": workload.business_unit,
            "tags": ", ".join(workload.tags),
        },
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                services.rename_workload(actor=user, workload=workload, **form.cleaned_data)
            except Invalid as problem:
                add_errors(form, problem)
            else:
                messages.success(request, "The name is saved.")
                return redirect("lifecycle:workload", ref=workload.ref)
        status = 422
    context = frame(request, workload) | {"form": form}
    return render_page(request, f"{TEMPLATES}/rename.html", context, status=status)


@require_safe
def workload_page(request: HttpRequest, ref: str) -> HttpResponse:
    """Show where the workload stands: the open phase, what it would pass, people, activity."""
    workload = workload_for(signed_in(request), ref)
    context = frame(request, workload)
    context |= {
        "manifest": manifest_rows(context["gate"].items),
        "activity": activity_of(workload),
    }
    return render_page(request, f"{TEMPLATES}/workload.html", context)
