"""The page of the risk tier: its floors, what the law asks, and what reviewers decided about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.clock import now
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.briefs import selectors, services
from workloads.briefs.enums import EuClass, OverrideState, Tier, WorkloadType, YesNo
from workloads.briefs.forms import EndOverrideForm, OverrideForm, TryTierForm
from workloads.briefs.library import TEMPLATE, template_for
from workloads.briefs.models import TierOverride
from workloads.briefs.obligations import obligations_for, reviewed
from workloads.briefs.policies import (
    OF_THE_DECISION,
    can_end,
    can_lower,
    can_raise,
    can_second,
)
from workloads.briefs.questions import BY_NAME
from workloads.briefs.tiering import Assessment
from workloads.briefs.trying import OUTSIDE, as_query, read, votes_at
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import can_create
from workloads.lifecycle.selectors import current_cycle, workload_for

PAGE = "workloads/briefs/risk.html"
TRY = "workloads/briefs/try_tier.html"


@require_http_methods(["GET", "HEAD", "POST"])
def tier(request: HttpRequest, ref: str) -> HttpResponse:
    """Show why the tier is what it is; a reviewer may raise it or propose a lower one."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        return _page(request, user, workload)
    brief = selectors.brief_of(current_cycle(workload))
    verdict = can_raise(user, brief)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return _page(request, user, workload, form=form, status=422)
    chosen, reason = int(form.cleaned_data["tier"]), form.cleaned_data["reason"]
    lower = chosen < selectors.assessment_of(brief).tier
    decide = services.propose_lower_tier if lower else services.raise_tier
    try:
        decide(actor=user, workload=workload, tier=chosen, reason=reason)
    except (Invalid, Conflict) as problem:
        add_errors(form, problem)
        status = 422 if isinstance(problem, Invalid) else problem.status
        return _page(request, user, workload, form=form, status=status)
    words = (
        f"Tier {chosen} is proposed; it counts once a second reviewer confirms it."
        if lower
        else f"The tier is {chosen} from now on."
    )
    messages.success(request, words)
    return redirect("briefs:tier", ref=ref)


@require_POST
def confirm(request: HttpRequest, ref: str, override_id: UUID) -> HttpResponse:
    """Confirm a proposed lower tier as the second person."""
    user = signed_in(request)
    override = selectors.override_for(user, ref, override_id)
    try:
        services.confirm_lower_tier(actor=user, override=override)
    except Conflict as problem:
        return _page(request, user, workload_for(user, ref), problem=problem)
    messages.success(request, f"The tier is {override.tier} from now on.")
    return redirect("briefs:tier", ref=ref)


@require_POST
def end(request: HttpRequest, ref: str, override_id: UUID) -> HttpResponse:
    """End a decision on the tier, or take a proposal back."""
    user = signed_in(request)
    override = selectors.override_for(user, ref, override_id)
    verdict = can_end(user, override)
    if not verdict and verdict.rule not in OF_THE_DECISION:
        raise Forbidden(verdict.message, code=verdict.rule)
    form = EndOverrideForm(request.POST)
    if form.is_valid():
        try:
            services.end_override(actor=user, override=override, reason=form.cleaned_data["reason"])
        except Conflict as problem:
            return _page(request, user, workload_for(user, ref), problem=problem)
        except Invalid as problem:
            add_errors(form, problem)
        else:
            messages.success(request, "Ended. The answers set the tier.")
            return redirect("briefs:tier", ref=ref)
    return _page(request, user, workload_for(user, ref), end_form=form, status=422)


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    form: OverrideForm | None = None,
    end_form: EndOverrideForm | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, workload, phase_key="scoping")
    brief = selectors.brief_of(context["cycle"])
    assessment = selectors.assessment_of(brief)
    open_ones = [one for one in selectors.overrides_of(brief) if one.state != OverrideState.ENDED]
    context |= {
        "on_phase_page": False,
        "assessment": assessment,
        "tier": Tier(str(assessment.tier)),
        "computed": Tier(str(assessment.computed)),
        "missing": [BY_NAME[name] for name in assessment.missing],
        "gates": _gates(assessment),
        "obligations": obligations_for(brief),
        "outside_law": brief.eu_nexus == YesNo.NO or brief.eu_class == EuClass.OUT_OF_SCOPE,
        "eu_class": EuClass(brief.eu_class) if brief.eu_class else None,
        "today": now().date(),
        "reviewed": reviewed(),
        "decisions": [_decision(user, one, assessment) for one in open_ones],
        "ended": [one for one in selectors.overrides_of(brief) if one.state == OverrideState.ENDED],
        "can_raise": can_raise(user, brief),
        "can_lower": can_lower(user, brief),
        "form": form or OverrideForm(),
        "end_form": end_form or EndOverrideForm(),
        "problem": problem,
    }
    return render_page(request, PAGE, context, status=problem.status if problem else status)


def _decision(user: User, override: TierOverride, assessment: Assessment) -> dict[str, Any]:
    counts = assessment.override is not None and override.state == OverrideState.STANDING
    return {
        "override": override,
        "counts": counts or override.state == OverrideState.PROPOSED,
        "can_second": can_second(user, override),
        "can_end": can_end(user, override),
    }


def _gates(assessment: Assessment) -> list[dict[str, Any]]:
    """The gates that ask for votes at this tier, in the order of the phases."""
    votes = dict(votes_at(assessment))
    return [{"label": one.label, "votes": votes[one.key]} for one in phases() if one.key in votes]


@require_safe
def try_tier(request: HttpRequest) -> HttpResponse:
    """Answer eight questions and see the tier; nothing is stored."""
    user = signed_in(request)
    categories = request.GET.getlist("data_categories")
    tried, still_open = read(request.GET, categories)
    form = TryTierForm(request.GET or None)
    assessment = tried.assessment()
    outside = request.GET.get(OUTSIDE, "")
    start = template_for(tried.workload_type)
    carried = as_query(tried, outside if OUTSIDE not in still_open else "", "answer.")
    context = {
        "form": form,
        "assessment": assessment,
        "tier": Tier(str(assessment.tier)),
        "open": len(still_open),
        "answered": len(BY_NAME.keys() & set(request.GET)) > 0,
        "gates": _gates(assessment),
        "obligations": obligations_for(tried),
        "today": now().date(),
        "can_create": can_create(user),
        "carried": f"start={TEMPLATE}{start.key}&{carried}" if start else carried,
        "agent": tried.workload_type == WorkloadType.AGENT,
    }
    return render_page(request, TRY, context, partial="result")
