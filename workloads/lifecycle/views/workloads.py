"""The list, a new workload, its name, and its page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.http import signed_in
from portal.common.errors import Forbidden, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import services
from workloads.lifecycle.forms import WorkloadForm
from workloads.lifecycle.listing import listing
from workloads.lifecycle.pages import frame, manifest_rows
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import can_create, require
from workloads.lifecycle.selectors import activity_of, workload_for

TEMPLATES = "workloads/lifecycle"


@require_safe
def workload_list(request: HttpRequest) -> HttpResponse:
    """Show the workloads that this person may see, newest first."""
    user = signed_in(request)
    found = listing(user, request.GET)
    context = {"listing": found, "form": found.form, "can_create": can_create(user)}
    return render_page(request, f"{TEMPLATES}/list.html", context, partial="rows")


@require_http_methods(["GET", "HEAD", "POST"])
def workload_new(request: HttpRequest) -> HttpResponse:
    """Ask for a name, make the workload, go on to its brief."""
    user = signed_in(request)
    verdict = can_create(user)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    form = WorkloadForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                workload = services.create_workload(actor=user, **form.cleaned_data)
            except Invalid as problem:
                add_errors(form, problem)
            else:
                messages.success(request, f"{workload.ref} is made. Start with its brief.")
                return redirect(phases()[0].url_name, ref=workload.ref)
        status = 422
    return render_page(request, f"{TEMPLATES}/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def workload_rename(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for another name and summary; no approval depends on them."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require(user, workload, "edit")
    form = WorkloadForm(
        request.POST or None, initial={"name": workload.name, "summary": workload.summary}
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
