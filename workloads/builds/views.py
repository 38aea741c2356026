"""Pages of phase 6: the build, its trials, its staging tokens, the switch."""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid, NotReady
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.briefs.models import Brief
from workloads.briefs.selectors import brief_of
from workloads.builds import selectors, services
from workloads.builds.forms import BuildForm, SwitchForm, TokenForm, initial_for
from workloads.builds.models import (
    AccessToken,
    Architecture,
    Build,
    Logging,
    TokenScope,
    TrialKind,
)
from workloads.builds.policies import can_issue_token, can_switch
from workloads.builds.steps import INPUT_GUARDS, OUTPUT_GUARDS, POST_STEPS, PRE_STEPS
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.prompts.selectors import candidate_version
from workloads.tuning.selectors import model_lock

PLACES = (
    ("Before the model", PRE_STEPS),
    ("Input guards", INPUT_GUARDS),
    ("After the model", POST_STEPS),
    ("Output guards", OUTPUT_GUARDS),
)


def _defaults(workload: Workload, brief: Brief) -> dict[str, Any]:
    version = candidate_version(workload)
    budget, kept = brief.budget_per_month, brief.retention_days
    wants_json = version is not None and version.content["output_schema"]
    modest = next(
        choice
        for choice in (Logging.REDACTED, Logging.OFF)
        if not selectors.logging_problem(choice, brief.data_class)
    )
    return {
        "latency_p95": brief.latency_p95_ms or 2_000,
        "cost_per_day": round(float(budget) / 30, 2) if budget else 10,
        "parts": ["unfence", "first_object", "schema_enforcement"] if wants_json else [],
        "logging": modest,
        "retention_days": 30 if kept is None else kept,
    }


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form: BuildForm | None = None,
    token_form: TokenForm | None = None,
    switch_form: SwitchForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    cycle = current_cycle(workload)
    brief, build = brief_of(cycle), selectors.build_of(cycle)
    start = initial_for(build, _defaults(workload, brief))
    context = frame(request, workload, phase_key="build") | {
        "form": form or BuildForm(initial=start, currency=brief.currency),
        "build": build,
        "builds": list(selectors.builds_of(cycle)[:20]),
        "facts": _facts(build, brief.currency) if build else [],
        "places": _places(build) if build else [],
        "call": selectors.last_trial(build, TrialKind.CALL) if build else None,
        "drill": selectors.last_trial(build, TrialKind.KILL_SWITCH) if build else None,
        "model": model_lock(cycle),
        "prompt_version": candidate_version(workload),
        "tokens": list(selectors.tokens_of(workload, TokenScope.STAGING)),
        "secret": secret,
        "endpoint": request.build_absolute_uri(
            f"/api/v1/workloads/{workload.ref}/builds/{build.number}/invoke"
        )
        if build
        else "",
        "token_form": token_form or TokenForm(),
        "switch": selectors.switched_off(workload),
        "switch_form": switch_form or SwitchForm(),
        "may_switch": can_switch(user, workload),
        "may_issue": can_issue_token(user, workload, TokenScope.STAGING),
        "editable": policies.can_edit(user, workload),
    }
    return render_page(request, "workloads/builds/build.html", context, status=status)


def _facts(build: Build, currency: str) -> list[tuple[str, str]]:
    content = build.content
    watched = [
        f"{alert['metric'].replace('_', ' ')} {alert['comparator']} {_limit(alert, currency)}"
        for alert in content["alerts"]
    ]
    return [
        ("Model", f"{build.model_lock.gateway_alias} ({build.model_lock.snapshot})"),
        ("Shape", Architecture(content["architecture"]).label),
        (
            "Kept of each call",
            f"{Logging(content['logging']).label}, for {content['retention_days']} days",
        ),
        ("Alerts", "; ".join(watched) or "none"),
    ]


def _limit(alert: dict[str, Any], currency: str) -> str:
    if alert["metric"].endswith("_rate"):
        return f"{alert['threshold'] * 100:g} %"
    unit = "ms" if alert["metric"] == "latency_p95" else currency
    return f"{alert['threshold']:g} {unit}"


def _places(build: Build) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the pipeline in its order: each place with the parts that are on in it."""
    on, tests = set(build.content["parts"]), build.part_tests
    return [
        (
            label,
            [{"part": part, "works": tests.get(part.name)} for part in parts if part.name in on],
        )
        for label, parts in PLACES
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def build(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the latest build and the form of the next, or make what was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    policies.require(user, workload, "edit")
    form = BuildForm(request.POST, currency=brief_of(current_cycle(workload)).currency)
    if not form.is_valid():
        return _page(request, user, workload, form=form, status=422)
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
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        status = 422 if isinstance(problem, Invalid) else problem.status
        return _page(request, user, workload, form=form, status=status)
    flash.success(request, f"Build {made.number} made. Try it next.")
    return redirect("builds:build", ref=ref)


@require_POST
def trial(request: HttpRequest, ref: str, number: int, kind: str) -> HttpResponse:
    """Try a build: one call through the gateway, or the kill switch."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
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
    policies.require(user, workload, "edit")
    if selectors.build_of(current_cycle(workload)) is None:
        raise NotReady("Make a build first; a staging token calls it.")
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _, secret = services.issue_token(
                actor=user,
                workload=workload,
                scope=TokenScope.STAGING,
                name=form.cleaned_data["name"],
            )
        except (Invalid, Conflict) as problem:
            add_errors(form, problem)
        else:
            return _page(request, user, workload, secret=secret)
    return _page(request, user, workload, token_form=form, status=422)


@require_POST
def revoke(request: HttpRequest, ref: str, pk: UUID) -> HttpResponse:
    """End a token, staging or live, and go back to the page that shows it."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = get_object_or_404(
        AccessToken.objects.select_related("workload"), pk=pk, workload=workload
    )
    services.revoke_token(actor=user, token=found)
    flash.success(request, f"{found.name} can no longer call.")
    page = "operations:operations" if found.scope == TokenScope.LIVE else "builds:build"
    return redirect(page, ref=ref)


@require_POST
def switch(request: HttpRequest, ref: str, state: str) -> HttpResponse:
    """Stop every call of the workload, or allow calls again."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    verdict = can_switch(user, workload)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    form = SwitchForm(request.POST)
    if not form.is_valid():
        return _page(request, user, workload, switch_form=form, status=422)
    try:
        services.switch_calls(
            actor=user,
            workload=workload,
            off=state == "off",
            reason=form.cleaned_data["reason"],
        )
    except Invalid as problem:
        add_errors(form, problem)
        return _page(request, user, workload, switch_form=form, status=422)
    if state == "off":
        flash.warning(request, "Switched off. Every call is refused from now on.")
    else:
        flash.success(request, "Switched on. Calls are served again.")
    page = "operations:operations" if request.POST.get("back") == "live" else "builds:build"
    return redirect(page, ref=ref)
