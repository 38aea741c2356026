"""The page of phase 8: what is live, since when, by which decision."""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.builds.forms import SwitchForm, TokenForm
from workloads.builds.models import TokenScope
from workloads.builds.policies import can_issue_token, can_switch
from workloads.builds.selectors import switched_off, tokens_of
from workloads.builds.services import issue_token
from workloads.lifecycle import policies
from workloads.lifecycle.enums import VoteChoice
from workloads.lifecycle.manifests import restored
from workloads.lifecycle.models import Release, Vote, Workload
from workloads.lifecycle.pages import frame, manifest_rows
from workloads.lifecycle.selectors import workload_for
from workloads.operations import selectors, services
from workloads.operations.enums import Match, Standing
from workloads.operations.forms import SuspendForm


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    secret: str = "",
    form: SuspendForm | None = None,
    token_form: TokenForm | None = None,
    refused: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    spell = selectors.live_spell(workload)
    newest = selectors.latest_release(workload)
    release = spell.release if spell else newest
    context = frame(request, workload, phase_key="operations") | {
        "spell": spell,
        "release": release,
        # A newer release that waits while an older one serves.
        "waiting": newest if spell and newest and newest.pk != spell.release_id else None,
        "standing": Standing.LIVE if spell else Standing.WAITING,
        "day": selectors.last_day(workload) if spell else None,
        "concerns": selectors.concerns_of(workload),
        "refused": refused,
        "recent": selectors.recent(workload),
        "history": list(
            workload.live_history.select_related("release", "began_by", "ended_by")[:20]
        ),
        "switch": switched_off(workload),
        "switch_form": SwitchForm(),
        "may_switch": can_switch(user, workload),
        "tokens": list(tokens_of(workload, TokenScope.LIVE)),
        "token_form": token_form or TokenForm(),
        "may_issue": can_issue_token(user, workload, TokenScope.LIVE),
        "secret": secret,
        "endpoint": request.build_absolute_uri(f"/api/v1/workloads/{workload.ref}/invoke"),
        "suspend_form": form or SuspendForm(),
        "may_own": policies.can_own(user, workload),
        "gate_url": reverse("lifecycle:gate", args=[workload.ref, "go_no_go"]),
        **(_approved(release) if release else {}),
    }
    return render_page(request, "workloads/operations/operations.html", context, status=status)


def _approved(release: Release) -> dict[str, Any]:
    build = selectors.build_of_release(release)
    approvals: list[Vote] = []
    if release.review is not None:
        standing = release.review.votes.filter(struck_at=None, lifted_at=None)
        approvals = list(standing.filter(choice=VoteChoice.APPROVE).select_related("voter"))
    same = selectors.matches_approval(release, build)
    return {
        "build": build,
        "match": Match.SAME if same else Match.DIFFERS,
        "manifest": manifest_rows(restored(release.manifest)),
        "approvals": approvals,
    }


@require_safe
def operations(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what is live."""
    user = signed_in(request)
    return _page(request, user, workload_for(user, ref))


@require_POST
def go_live(request: HttpRequest, ref: str) -> HttpResponse:
    """Put the newest release live."""
    user = signed_in(request)
    spell = services.put_live(actor=user, workload=workload_for(user, ref))
    flash.success(request, f"Release {spell.release.number} is live.")
    return redirect("operations:operations", ref=ref)


@require_POST
def suspend(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the live release off, with a reason."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "own")
    form = SuspendForm(request.POST)
    if form.is_valid():
        try:
            services.suspend(actor=user, workload=workload, reason=form.cleaned_data["reason"])
        except Invalid as problem:
            add_errors(form, problem)
        else:
            flash.success(request, "Taken off. Calls are refused from now on.")
            return redirect("operations:operations", ref=ref)
    return _page(request, user, workload, form=form, status=422)


@require_POST
def settle(request: HttpRequest, ref: str, concern_id: UUID) -> HttpResponse:
    """Answer a concern about what is live."""
    user = signed_in(request)
    concern = selectors.concern_for(user, ref, concern_id)
    answer = request.POST.get("answer", "")
    try:
        services.settle_concern(actor=user, concern=concern, answer=answer)
    except Invalid as problem:
        typed = {"concern": concern.pk, "answer": answer, "message": problem.message}
        return _page(request, user, workload_for(user, ref), refused=typed, status=422)
    flash.success(request, "Answered.")
    return redirect("operations:operations", ref=ref)


@require_POST
def token(request: HttpRequest, ref: str) -> HttpResponse:
    """Make a live token and show its secret, this once."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    policies.require(user, workload, "own")
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _, secret = issue_token(
                actor=user,
                workload=workload,
                scope=TokenScope.LIVE,
                name=form.cleaned_data["name"],
            )
        except (Invalid, Conflict) as problem:
            add_errors(form, problem)
        else:
            return _page(request, user, workload, secret=secret)
    return _page(request, user, workload, token_form=form, status=422)
