"""The decision page of phase 7: the bar, the test, the verdict."""

from typing import Any

from django.contrib import messages as flash
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Invalid
from workloads.briefs.selectors import brief_of
from workloads.builds.selectors import build_of
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.reviews import services
from workloads.reviews.enums import CampaignState, CampaignVerdict
from workloads.reviews.evidence import baseline_of
from workloads.reviews.forms import CriterionForm, ReasonForm, criteria_formset
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.policies import lock_refusal
from workloads.reviews.proposals import propose
from workloads.reviews.selectors import blocking, campaigns_of, criteria_of, table


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    formset: BaseFormSet[CriterionForm] | None = None,
    reason_form: ReasonForm | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    cycle = current_cycle(workload)
    baseline, criteria = baseline_of(cycle), criteria_of(cycle)
    editable = policies.can_edit(user, workload)
    locked = criteria is not None and criteria.locked_at is not None
    campaigns = campaigns_of(cycle)
    campaign = next((c for c in campaigns if c.state != CampaignState.VOID), None)
    if formset is None and baseline is not None and editable and not locked:
        start = list(criteria.criteria.all()) if criteria else propose(brief_of(cycle), baseline)
        formset = criteria_formset(baseline, start=start)
    refusal = lock_refusal(user, criteria) if criteria and not locked else None
    context = frame(request, workload, phase_key="go_no_go") | {
        "baseline": baseline,
        "criteria": criteria,
        "locked": locked,
        "formset": formset,
        "rows": table(criteria, campaign) if criteria else [],
        "measure_labels": {m.key: m.label for m in baseline.measures} if baseline else {},
        "units": {m.key: m.unit for m in baseline.measures} if baseline else {},
        "may_lock": criteria is not None and not locked and refusal is None,
        "lock_refusal": refusal[1] if refusal else "",
        "campaign": campaign,
        "campaigns": campaigns,
        "testing": campaign is not None and campaign.state == CampaignState.TESTING,
        "concluded": campaign is not None and campaign.state == CampaignState.CONCLUDED,
        "go": campaign is not None and campaign.verdict == CampaignVerdict.GO,
        "blocking": blocking(campaign) if campaign else [],
        "build": build_of(cycle),
        "again": any(c.state == CampaignState.CONCLUDED for c in campaigns),
        "reason_form": reason_form or ReasonForm(),
        "problem": problem,
        "editable": editable,
        "gate_url": reverse("lifecycle:gate", args=[workload.ref, "go_no_go"]),
    }
    return render(request, "workloads/reviews/go_no_go.html", context, status=status)


@require_safe
def go_no_go(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the criteria, the campaign and the verdict."""
    user = signed_in(request)
    return _page(request, user, workload_for(user, ref))


@require_POST
def write(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the table of criteria as a draft."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    baseline = baseline_of(current_cycle(workload))
    if baseline is None:
        return _page(request, user, workload, status=422)
    formset = criteria_formset(baseline, request.POST)
    if not formset.is_valid():
        return _page(request, user, workload, formset=formset, status=422)
    rows = [row for form in formset.forms if (row := form.as_input()) is not None]
    try:
        services.write_criteria(actor=user, workload=workload, criteria=rows)
    except Invalid as problem:
        return _page(request, user, workload, formset=formset, problem=problem, status=422)
    flash.success(request, "Criteria kept. Somebody else locks them before the test.")
    return redirect("reviews:go_no_go", ref=ref)


@require_POST
def lock(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    """Lock a version of the criteria."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    found = get_object_or_404(CriteriaSet, cycle=current_cycle(workload), version=version)
    services.lock_criteria(actor=user, criteria=found)
    flash.success(request, f"Criteria {version} are locked.")
    return redirect("reviews:go_no_go", ref=ref)


def _with_reason(request: HttpRequest, ref: str) -> tuple[User, Workload, ReasonForm]:
    user = signed_in(request)
    return user, workload_for(user, ref), ReasonForm(request.POST)


@require_POST
def reopen(request: HttpRequest, ref: str) -> HttpResponse:
    """Open a new version of locked criteria, with a reason."""
    user, workload, form = _with_reason(request, ref)
    if not form.is_valid():
        return _page(request, user, workload, reason_form=form, status=422)
    made = services.new_criteria_version(
        actor=user, workload=workload, reason=form.cleaned_data["reason"]
    )
    flash.warning(request, f"Criteria {made.version} are open. What was tested before is void.")
    return redirect("reviews:go_no_go", ref=ref)


@require_POST
def start(request: HttpRequest, ref: str) -> HttpResponse:
    """Start a campaign on the present build."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    try:
        made = services.start_campaign(
            actor=user, workload=workload, reason=request.POST.get("reason", "")
        )
    except Invalid as problem:
        return _page(request, user, workload, problem=problem, status=422)
    flash.success(request, f"Campaign {made.number} is testing build {made.build.number}.")
    return redirect("reviews:go_no_go", ref=ref)


@require_safe
def progress(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the state of a campaign as a fragment; it asks again while the test runs."""
    workload = workload_for(signed_in(request), ref)
    campaign = get_object_or_404(Campaign, cycle=current_cycle(workload), number=number)
    testing = campaign.state == CampaignState.TESTING
    context: dict[str, Any] = {"workload": workload, "campaign": campaign, "testing": testing}
    response = render(request, "workloads/reviews/go_no_go.html#testing", context)
    if not testing:
        response["HX-Refresh"] = "true"
    return response
