"""The decision page of phase 7: the bar, the test, the verdict."""

from typing import Any

from django.contrib import messages as flash
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.enums import VoteChoice
from workloads.lifecycle.models import Cycle, Vote, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, reviews_of, workload_for
from workloads.reviews import services
from workloads.reviews.board import board
from workloads.reviews.enums import CampaignState
from workloads.reviews.evidence import baseline_of
from workloads.reviews.forms import CriterionForm, ReasonForm, StartForm, criteria_formset
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.policies import lock_refusal

PAGE = "workloads/reviews/go_no_go.html"


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    formset: "BaseFormSet[CriterionForm] | None" = None,
    reason_form: ReasonForm | None = None,
    start_form: StartForm | None = None,
    problem: DomainError | None = None,
    seen: int | None = None,
    status: int = 200,
) -> HttpResponse:
    cycle = current_cycle(workload)
    shown = board(cycle)
    editable = policies.can_edit(user, workload)
    if formset is None and shown.baseline is not None and editable and not shown.locked:
        formset = criteria_formset(shown.baseline, start=shown.start)
    refusal = lock_refusal(user, shown.criteria) if shown.criteria and not shown.locked else None
    saved = shown.criteria.row_version if shown.criteria else 0
    context = frame(request, workload, phase_key="go_no_go") | {
        "board": shown,
        "formset": formset,
        "row_version": saved if seen is None else seen,
        "may_lock": shown.criteria is not None and not shown.locked and refusal is None,
        "lock_refusal": refusal[1] if refusal else "",
        "campaign": shown.campaign,
        "testing": shown.testing,
        "run_url": shown.run_url,
        "reason_form": reason_form or ReasonForm(),
        "start_form": start_form or StartForm(again=shown.again),
        "problem": problem,
        "editable": editable,
        "ballots": _ballots(cycle),
    }
    return render_page(request, PAGE, context, status=status)


def _ballots(cycle: Cycle) -> list[tuple[Vote, VoteChoice]]:
    """Return what was said in the latest round of the gate, each vote with its words and tone."""
    rounds = reviews_of(cycle, "go_no_go")
    return [(vote, VoteChoice(vote.choice)) for vote in rounds[0].votes.all()] if rounds else []


@require_safe
def go_no_go(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the criteria, the campaign and the verdict."""
    user = signed_in(request)
    return _page(request, user, workload_for(user, ref))


def _seen_version(request: HttpRequest) -> int:
    """Return the row version that the page was opened with; a forged one matches nothing."""
    raw = request.POST.get("row_version", "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 10 else -1


@require_POST
def write(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the table of criteria as a draft; a refusal gives the table back as it was typed."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
    seen = _seen_version(request)
    baseline = baseline_of(current_cycle(workload))
    if baseline is None:
        problem = Conflict("There is no baseline to write criteria about.", code="not_ready")
        return _page(request, user, workload, problem=problem, status=409)
    formset = criteria_formset(baseline, request.POST)
    if not formset.is_valid():
        return _page(request, user, workload, formset=formset, seen=seen, status=422)
    rows = [row for form in formset.forms if (row := form.as_input()) is not None]
    try:
        services.write_criteria(actor=user, workload=workload, criteria=rows, row_version=seen)
    except Forbidden:
        raise
    except DomainError as problem:
        status = 422 if isinstance(problem, Invalid) else problem.status
        return _page(
            request, user, workload, formset=formset, problem=problem, seen=seen, status=status
        )
    flash.success(request, "Criteria kept. They are locked before anything is tested.")
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


@require_POST
def reopen(request: HttpRequest, ref: str) -> HttpResponse:
    """Open a new version of locked criteria, with a reason."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            made = services.new_criteria_version(
                actor=user, workload=workload, reason=form.cleaned_data["reason"]
            )
        except Invalid as problem:
            add_errors(form, problem)
        else:
            flash.warning(
                request, f"Criteria {made.version} are open. What was tested before is void."
            )
            return redirect("reviews:go_no_go", ref=ref)
    return _page(request, user, workload, reason_form=form, status=422)


@require_POST
def start(request: HttpRequest, ref: str) -> HttpResponse:
    """Start a campaign on the present build."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "edit")
    form = StartForm(request.POST)
    if form.is_valid():
        try:
            made = services.start_campaign(
                actor=user, workload=workload, reason=form.cleaned_data["reason"]
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
            status = 422 if isinstance(problem, Invalid) else problem.status
            return _page(request, user, workload, start_form=form, status=status)
        flash.success(request, f"Campaign {made.number} is testing build {made.build.number}.")
        return redirect("reviews:go_no_go", ref=ref)
    return _page(request, user, workload, start_form=form, status=422)


@require_safe
def progress(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the state of a campaign as a fragment; it asks again while the test runs."""
    workload = workload_for(signed_in(request), ref)
    cycle = current_cycle(workload)
    campaign = get_object_or_404(
        Campaign.objects.select_related("build"), cycle=cycle, number=number
    )
    testing = campaign.state == CampaignState.TESTING
    context: dict[str, Any] = {
        "workload": workload,
        "campaign": campaign,
        "testing": testing,
        "run_url": board(cycle).run_url if testing else "",
    }
    response = render(request, f"{PAGE}#testing", context)
    if not testing:
        response["HX-Refresh"] = "true"
    return response
