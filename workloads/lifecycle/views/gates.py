"""The page of a gate: what would be approved, by whom, and the acts on it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden
from portal.common.policy import policy
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import services
from workloads.lifecycle.enums import PhaseState, ReviewOutcome, VoteChoice
from workloads.lifecycle.forms import VoteForm
from workloads.lifecycle.manifests import Difference, difference, restored
from workloads.lifecycle.models import Review, Workload
from workloads.lifecycle.pages import Gate, frame, manifest_rows, signed_in_at
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import can_lift, can_vote, voting_remits
from workloads.lifecycle.selectors import (
    changes_since_approval,
    current_cycle,
    review_for,
    reviews_of,
    vote_for,
    workload_for,
)


def _known(phase_key: str) -> None:
    if phase_key not in {one.key for one in phases() if one.has_gate}:
        raise Http404


@require_safe
def gate(request: HttpRequest, ref: str, phase_key: str) -> HttpResponse:
    """Show the gate of a phase; opening it while a review is open is what a voter must do first."""
    _known(phase_key)
    return _gate_page(request, workload_for(signed_in(request), ref), phase_key)


def _gate_page(
    request: HttpRequest,
    workload: Workload,
    phase_key: str,
    *,
    form: VoteForm | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, workload, phase_key=phase_key)
    shown: Gate = context["gate"]
    review = shown.review
    items = restored(review.manifest) if review else shown.items
    since = changes_since_approval(shown.record, items)
    context |= {
        "manifest": manifest_rows(items),
        "digest": review.manifest_digest if review else shown.digest,
        "since_approval": since,
        "changes": _changes(since),
        "since_request": _changes(difference(items, shown.items)) if review else [],
        "rounds": _rounds(signed_in(request), context["cycle"], phase_key),
        "problem": problem,
        "fresh_minutes": _fresh_minutes(review),
        "on_phase_page": False,
        **_ballot(signed_in(request), review, form),
    }
    return render_page(request, "workloads/lifecycle/gate.html", context, status=status)


def _ballot(user: User, review: Review | None, form: VoteForm | None) -> dict[str, Any]:
    """Return whether this person votes and with which form; else the reason why not."""
    if review is None:
        return {"can_vote": None, "form": None}
    verdict = can_vote(user, review)
    if verdict and form is None:
        reading = services.open_review_page(actor=user, review=review)
        form = _vote_form(
            user,
            review,
            initial={"manifest_digest": reading.manifest_digest, "nonce": reading.nonce},
        )
    return {"can_vote": verdict, "form": form if verdict else None}


def _vote_form(user: User, review: Review, **more: Any) -> VoteForm:
    return VoteForm(
        remits=voting_remits(user, review),
        change_min=int(policy().number("reviews", "change_request_reason_min")),
        reject_min=int(policy().number("reviews", "rejection_reason_min")),
        **more,
    )


def _fresh_minutes(review: Review | None) -> int:
    if review is None or review.tier not in policy().gates[review.phase].fresh_sign_in_tiers:
        return 0
    return int(policy().number("reviews", "fresh_sign_in_minutes"))


def _changes(found: list[Difference] | None) -> list[dict[str, Any]]:
    if not found:
        return []
    rows = manifest_rows([one.item for one in found])
    return [
        {"change": one.change, "row": row, "before": one.before, "after": one.after}
        for one, row in zip(found, rows, strict=True)
    ]


def _rounds(user: User, cycle: Any, phase_key: str) -> list[dict[str, Any]]:
    found = []
    for review in reviews_of(cycle, phase_key):
        votes = []
        for vote in review.votes.all():
            vote.review = review
            votes.append(
                {
                    "vote": vote,
                    "choice": VoteChoice(vote.choice),
                    "can_lift": can_lift(user, vote),
                }
            )
        found.append({"review": review, "outcome": ReviewOutcome(review.outcome), "votes": votes})
    return found


@require_POST
def submit(request: HttpRequest, ref: str, phase_key: str) -> HttpResponse:
    """Submit the phase; what is missing comes back on the page of the gate."""
    _known(phase_key)
    user = signed_in(request)
    workload = workload_for(user, ref)
    try:
        record = services.submit_phase(
            actor=user, cycle=current_cycle(workload), phase_key=phase_key
        )
    except Conflict as problem:
        return _gate_page(request, workload, phase_key, problem=problem, status=problem.status)
    if record.state == PhaseState.PASSED:
        messages.success(request, "Every check passes and no vote is needed: the phase is passed.")
        return redirect("lifecycle:workload", ref=ref)
    messages.success(request, "The review is open. Those who can vote see it on their home page.")
    return redirect("lifecycle:gate", ref=ref, phase_key=phase_key)


@require_POST
def withdraw(request: HttpRequest, ref: str, phase_key: str) -> HttpResponse:
    """Take the request back."""
    user = signed_in(request)
    services.withdraw_review(actor=user, review=review_for(user, ref, phase_key))
    messages.success(request, "The review is withdrawn.")
    return redirect("lifecycle:gate", ref=ref, phase_key=phase_key)


@require_POST
def vote(request: HttpRequest, ref: str, phase_key: str) -> HttpResponse:
    """Cast a vote; a refusal keeps what was typed."""
    _known(phase_key)
    user = signed_in(request)
    workload = workload_for(user, ref)
    try:
        review = review_for(user, ref, phase_key)
    except Http404:
        closed = Conflict("This review is closed. Nothing was changed.", code="closed")
        return _gate_page(request, workload, phase_key, problem=closed, status=409)
    form = _vote_form(user, review, data=request.POST)
    verdict = can_vote(user, review)
    if not verdict and verdict.rule != "already_voted":
        raise Forbidden(verdict.message, code=verdict.rule)
    if not form.is_valid():
        return _gate_page(request, workload, phase_key, form=form, status=422)
    try:
        services.cast_vote(
            actor=user, review=review, signed_in_at=signed_in_at(request), **form.cleaned_data
        )
    except DomainError as problem:
        if problem.errors and problem.status == 400:
            add_errors(form, problem)
            return _gate_page(request, workload, phase_key, form=form, status=422)
        retry = _retry(user, review, form) if problem.status == 409 else form
        return _gate_page(
            request, workload, phase_key, form=retry, problem=problem, status=problem.status
        )
    review.refresh_from_db()
    decided = review.outcome != ReviewOutcome.OPEN
    messages.success(
        request,
        f"Your vote is counted. The review ended: {review.get_outcome_display().lower()}."
        if decided
        else "Your vote is counted.",
    )
    return redirect("lifecycle:gate", ref=ref, phase_key=phase_key)


def _retry(user: User, review: Review, form: VoteForm) -> VoteForm:
    """Return the form with a new nonce on what is shown now, and what was typed."""
    reading = services.open_review_page(actor=user, review=review)
    typed = {name: form.cleaned_data[name] for name in ("remit", "choice", "reason")}
    fresh = {"manifest_digest": reading.manifest_digest, "nonce": reading.nonce}
    return _vote_form(user, review, initial=typed | fresh)


@require_POST
def lift(request: HttpRequest, ref: str, phase_key: str, vote_id: int) -> HttpResponse:
    """Lift one's own objection."""
    user = signed_in(request)
    services.lift_objection(actor=user, vote=vote_for(user, ref, phase_key, vote_id))
    messages.success(request, "The objection is lifted.")
    return redirect("lifecycle:gate", ref=ref, phase_key=phase_key)
