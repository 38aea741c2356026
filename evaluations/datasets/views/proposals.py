"""Proposed examples: what waits, proposing one, accepting it or saying why not."""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from evaluations.datasets import selectors, services
from evaluations.datasets.alike import NEAR, text_of
from evaluations.datasets.enums import Kind, ProposalState, Source
from evaluations.datasets.example_form import ExampleForm
from evaluations.datasets.forms import ReasonForm
from evaluations.datasets.heldout import Sight
from evaluations.datasets.models import Dataset, Proposal
from evaluations.datasets.policies import can_decide, can_propose
from evaluations.datasets.presentation import typed_content
from evaluations.datasets.quality import may_hold_personal_data, most_alike
from evaluations.datasets.views.shared import FOLDER, asked_sight, dataset_frame, known_parameters
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle.policies import can_edit

MOST_SHOWN = 50


def _row(user: User, proposal: Proposal, sight: Sight, texts: dict[str, str]) -> dict[str, Any]:
    """Return a proposal as the page shows it, with what stands out about it."""
    content = proposal.content
    own = proposal.proposed_by_id == user.pk
    held_out = holds_out(proposal, sight)
    hidden = held_out and not sight.shown and not own
    waiting = proposal.state == ProposalState.WAITING
    near = None
    if waiting:
        text = text_of(content["input"], content.get("context", ()))
        near = most_alike(text, {key: t for key, t in texts.items() if key != content["key"]})
    return {
        "proposal": proposal,
        "state": ProposalState(proposal.state),
        "kind": Kind(content["kind"]),
        "key": content["key"],
        "source": Source(proposal.source),
        "hidden": hidden,
        "held_out": held_out,
        "parts": [] if hidden else typed_content(content),
        "near": near,
        "near_from": NEAR,
        "personal": waiting and (sight.allowed or not hidden) and may_hold_personal_data(content),
        "decide": can_decide(user, proposal) if waiting else None,
        "may_reject": waiting and (own or bool(can_edit(user, proposal.dataset.workload))),
        "own": own,
    }


def holds_out(proposal: Proposal, sight: Sight) -> bool:
    """Whether what is proposed is held out, or would replace an example that is."""
    return bool(proposal.content.get("held_out")) or proposal.content["key"] in sight.keys


def _page(
    request: HttpRequest,
    dataset: Dataset,
    *,
    form: ExampleForm | None = None,
    reason: ReasonForm | None = None,
    refused: UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    user = signed_in(request)
    sight = asked_sight(request, dataset)
    rows = list(selectors.proposals_of(dataset)[:MOST_SHOWN])
    if sight.shown:
        held = sum(holds_out(one, sight) for one in rows)
        services.record_reading(actor=user, dataset=dataset, place="proposals", examples=held)
    texts: dict[str, str] = {}
    if any(one.state == ProposalState.WAITING for one in rows):
        drafted = selectors.draft_revisions(dataset)
        texts = {
            one.key: text_of(one.input, one.context)
            for one in drafted
            # How near a text comes would be a way to guess at what is held out.
            if sight.allowed or not sight.holds_out(one)
        }
    context = dataset_frame(request, dataset, "proposals") | {
        "rows": [_row(user, one, sight, texts) for one in rows],
        "may_propose": can_propose(user, dataset),
        "form": form
        or ExampleForm(dataset=dataset, like=selectors.open_example(dataset), new=True),
        "reason_form": reason or ReasonForm(),
        "refused": refused,
        "open_form": form is not None,
        "sight": sight,
        "some_held_out": any(holds_out(one, sight) for one in rows),
        "show_held_out": "?held_out=show",
    }
    return render_page(request, f"{FOLDER}/proposals.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def proposals(request: HttpRequest, ref: str, dataset_ref: str) -> HttpResponse:
    """List what is proposed, or propose an example."""
    user = signed_in(request)
    found = selectors.dataset_for(user, ref, dataset_ref)
    known_parameters(request, {"held_out"})
    if request.method != "POST":
        return _page(request, found)
    verdict = can_propose(user, found)
    if not verdict:
        raise Forbidden(verdict.message, code=verdict.rule)
    like = selectors.open_example(found)
    form = ExampleForm(request.POST, dataset=found, like=like, new=True)
    reason = ReasonForm(request.POST)
    if form.is_valid() and reason.is_valid():
        try:
            services.propose_example(
                actor=user,
                dataset=found,
                values=form.values(),
                reason=reason.cleaned_data["reason"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            for error in problem.errors:
                if error.field == "reason":
                    reason.add_error("reason", error.message)
                elif form.place(error.field):
                    form.add_error(form.place(error.field), error.message)
            if not (form.errors or reason.errors):
                add_errors(form, problem)
        else:
            flash.success(request, "Proposed. Another person accepts it into the draft.")
            return redirect("datasets:proposals", ref=ref, dataset_ref=dataset_ref)
    return _page(request, found, form=form, reason=reason, status=422)


@require_POST
def decide(request: HttpRequest, ref: str, dataset_ref: str, proposal_id: UUID) -> HttpResponse:
    """Accept a proposal into the draft, or turn it down with a reason."""
    user = signed_in(request)
    found = selectors.proposal_for(user, ref, dataset_ref, proposal_id)
    reason = ReasonForm(request.POST)
    try:
        if "accept" in request.POST:
            made = services.accept_proposal(actor=user, proposal=found)
            flash.success(request, f"{made.key} is in the draft.")
        else:
            services.reject_proposal(
                actor=user, proposal=found, reason=request.POST.get("reason", "")
            )
            flash.success(request, "Turned down; the proposal is kept with your reason.")
    except Forbidden:
        raise
    except DomainError as problem:
        reason.is_valid()
        reason.errors.clear()
        add_errors(reason, problem)
        return _page(request, found.dataset, reason=reason, refused=found.pk, status=422)
    return redirect("datasets:proposals", ref=ref, dataset_ref=dataset_ref)
