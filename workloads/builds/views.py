"""Pages of phase 6: the build, its trials, its staging tokens."""

from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid
from portal.shell.forms import add_errors
from workloads.briefs.selectors import brief_of
from workloads.builds import selectors, services
from workloads.builds.forms import BuildForm, TokenForm, initial_for
from workloads.builds.models import AccessToken, TokenScope, TrialKind
from workloads.builds.steps import PARTS
from workloads.lifecycle import policies
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.prompts.selectors import candidate_version
from workloads.tuning.selectors import model_lock


def _defaults(cycle: Cycle) -> dict[str, Any]:
    brief = brief_of(cycle)
    version = candidate_version(cycle.workload)
    budget = getattr(brief, "budget_per_month", None)
    wants_json = version is not None and version.content["output_schema"]
    return {
        "latency_p95": getattr(brief, "latency_p95_ms", None) or 2_000,
        "cost_per_day": round(float(budget) / 30, 2) if budget else 10,
        "parts": ["unfence", "first_object", "schema_enforcement"] if wants_json else [],
    }


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form: BuildForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    cycle = current_cycle(workload)
    build = selectors.build_of(cycle)
    endpoint = ""
    if build is not None:
        path = f"/api/v1/workloads/{workload.ref}/builds/{build.number}/invoke"
        endpoint = request.build_absolute_uri(path)
    context = frame(request, workload, phase_key="build") | {
        "form": form or BuildForm(initial=initial_for(build, _defaults(cycle))),
        "build": build,
        "parts": [PARTS[name] for name in build.content["parts"]] if build else [],
        "call": selectors.last_trial(build, TrialKind.CALL) if build else None,
        "drill": selectors.last_trial(build, TrialKind.KILL_SWITCH) if build else None,
        "model": model_lock(cycle),
        "prompt_version": candidate_version(workload),
        "tokens": [t for t in selectors.tokens_of(workload) if t.scope == TokenScope.STAGING],
        "secret": secret,
        "endpoint": endpoint,
        "token_form": TokenForm(),
        "editable": policies.can_edit(user, workload),
    }
    return render(request, "workloads/builds/build.html", context, status=status)


def build(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the latest build and the form of the next, or make what was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    form = BuildForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = services.make_build(
                actor=user,
                workload=workload,
                architecture=data["architecture"],
                decision_record=data["decision_record"],
                parts=form.parts,
                logging=data["logging"],
                retention_days=data["retention_days"],
                alerts=form.alerts(str(user)),
            )
        except (Invalid, Conflict) as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"Build {made.number} made. Try it next.")
            return redirect("builds:build", ref=ref)
    return _page(request, user, workload, form=form, status=422)


@require_POST
def trial(request: HttpRequest, ref: str, number: int, kind: str) -> HttpResponse:
    """Try a build: one call through the gateway, or the kill switch."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = selectors.build_numbered(current_cycle(workload), number)
    if kind == TrialKind.CALL:
        seen = services.try_build(actor=user, build=found)
    else:
        seen = services.try_kill_switch(actor=user, build=found)
    if seen.passed:
        flash.success(request, "It works.")
    else:
        flash.error(request, str(seen.detail.get("problem") or "It did not work; see below."))
    return redirect(reverse("builds:build", args=[ref]) + "#trials")


@require_POST
def token(request: HttpRequest, ref: str) -> HttpResponse:
    """Make a staging token and show its secret, this once."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    form = TokenForm(request.POST)
    if not form.is_valid():
        flash.error(request, "Give the token a name of at most 80 characters.")
        return redirect("builds:build", ref=ref)
    _, secret = services.issue_token(
        actor=user, workload=workload, scope=TokenScope.STAGING, name=form.cleaned_data["name"]
    )
    return _page(request, user, workload, secret=secret)


@require_POST
def revoke(request: HttpRequest, ref: str, pk: str) -> HttpResponse:
    """End a token."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = get_object_or_404(AccessToken, pk=pk, workload=workload)
    services.revoke_token(actor=user, token=found)
    flash.success(request, f"{found.name} can no longer call.")
    return redirect(
        (request.POST.get("back") == "live" and "operations:operations") or "builds:build", ref=ref
    )
