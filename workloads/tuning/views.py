"""The page of phase 5."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from portal.accounts.http import signed_in
from portal.common.errors import Invalid
from portal.shell.forms import add_errors
from workloads.lifecycle import policies
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.tuning import services
from workloads.tuning.forms import DecisionForm
from workloads.tuning.models import TuningDecision
from workloads.tuning.selectors import decision_of
from workloads.tuning.winners import winner_of


def tuning(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the decision and its form, or record what was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    cycle = current_cycle(workload)
    standing = decision_of(cycle)
    status = 200
    if request.method == "POST":
        form = DecisionForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = services.decide(
                    actor=user,
                    workload=workload,
                    decision=data["decision"],
                    rationale=data["rationale"],
                    prompting_evidence={name: data[name] for name in services.EVIDENCE},
                )
            except Invalid as problem:
                add_errors(form, problem)
            else:
                flash.success(request, f"Decision recorded: {made.model_lock} is the final model.")
                return redirect("tuning:tuning", ref=ref)
        status = 422
    else:
        form = DecisionForm(initial=_initial(standing))
    context = frame(request, workload, phase_key="tuning") | {
        "form": form,
        "standing": standing,
        "winner": winner_of(cycle),
        "editable": policies.can_edit(user, workload),
        "labels": [
            (
                DecisionForm.base_fields[n].label,
                (standing.prompting_evidence if standing else {}).get(n, ""),
            )
            for n in services.EVIDENCE
        ],
    }
    return render(request, "workloads/tuning/tuning.html", context, status=status)


def _initial(standing: TuningDecision | None) -> dict[str, str]:
    if standing is None:
        return {}
    return {
        "decision": standing.decision,
        "rationale": standing.rationale,
        **standing.prompting_evidence,
    }
