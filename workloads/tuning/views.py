"""The page of phase 5."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from catalog.enums import EntryStatus
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Forbidden, Invalid
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.evidence import resolve
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.phases import EvidenceItem
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.tuning import services
from workloads.tuning.forms import QUESTIONS, DecisionForm
from workloads.tuning.models import Decision, TuningDecision
from workloads.tuning.selectors import decision_of, decisions_of, winner_entry
from workloads.tuning.winners import winner_of


def _page(
    request: HttpRequest, user: User, workload: Workload, form: DecisionForm, status: int = 200
) -> HttpResponse:
    cycle = current_cycle(workload)
    standing, winner = decision_of(cycle), winner_of(cycle)
    entry = winner_entry(cycle)
    context = frame(request, workload, phase_key="tuning") | {
        "form": form,
        "standing": standing,
        "decision": Decision(standing.decision) if standing else None,
        "evidence": [
            (QUESTIONS[name][0], standing.prompting_evidence.get(name, ""))
            for name in services.EVIDENCE
        ]
        if standing
        else [],
        "scorecard": resolve(EvidenceItem(**standing.scorecard)) if standing else None,
        "winner": winner,
        "deprecated": entry is not None and entry.status == EntryStatus.DEPRECATED,
        "winner_scorecard": resolve(winner.scorecard) if winner else None,
        "earlier": decisions_of(cycle)[1:],
        "editable": policies.can_edit(user, workload),
    }
    return render_page(request, "workloads/tuning/tuning.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def tuning(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the decision and its form, or record what was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if request.method != "POST":
        standing = decision_of(current_cycle(workload))
        return _page(request, user, workload, DecisionForm(initial=_initial(standing)))
    policies.require(user, workload, "edit")
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, user, workload, form, status=422)
    data = form.cleaned_data
    try:
        made = services.decide(
            actor=user,
            workload=workload,
            decision=data["decision"],
            rationale=data["rationale"],
            prompting_evidence={name: data[name] for name in services.EVIDENCE},
            migration_plan=data["migration_plan"],
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        status = 422 if isinstance(problem, Invalid) else problem.status
        return _page(request, user, workload, form, status=status)
    flash.success(request, f"Recorded: {made.model_lock.gateway_alias} is the final model.")
    return redirect("tuning:tuning", ref=ref)


def _initial(standing: TuningDecision | None) -> dict[str, str]:
    if standing is None:
        return {}
    return {
        "decision": standing.decision,
        "rationale": standing.rationale,
        "migration_plan": standing.migration_plan,
        **standing.prompting_evidence,
    }
