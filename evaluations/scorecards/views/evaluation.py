"""The page of phase 4: how the evaluation stands, and the form that starts a run."""

from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from evaluations.scorecards import services
from evaluations.scorecards.forms import RunForm
from evaluations.scorecards.options import chosen
from evaluations.scorecards.outdated import outdated
from evaluations.scorecards.pages import EvaluationPage, evaluation_page
from evaluations.scorecards.presentation import assumption, view_of
from evaluations.scorecards.services.baseline import Baseline
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden
from portal.common.policy import policy
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page
from workloads.lifecycle import policies
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.selectors import current_cycle, workload_for

_FOLDER = "evaluations/scorecards"
_PER_CAP = Decimal("0.01")


def _run_form(page: EvaluationPage, data: Any = None) -> RunForm:
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    proposed = (page.outlook.worst_case * Decimal("1.1")).quantize(_PER_CAP, rounding=ROUND_UP)
    initial = {
        "metrics": page.usual,
        "cap": min(most, max(proposed, Decimal("0.05"))),
        "judges": page.judges_of_floors,
        "judging_cap": page.outlook.judging or None,
        "concurrency": settings.RUN_CONCURRENCY,
        "repeats": 1,
        "reference": page.entries[0].gateway_alias if page.entries else "",
    }
    names = [entry.gateway_alias for entry in page.entries]
    return RunForm(page.options, names, page.currency, data, judges=page.judges, initial=initial)


def _judging_cap(page: EvaluationPage, typed: Decimal | None) -> Decimal:
    """The amount that was typed. Zero, what judging can cost at most, where the proposal was left
    as it stood: it is for asking each example once, and the run may ask more often."""
    return Decimal(0) if typed is None or typed == page.outlook.judging else typed


def _evaluation(
    request: HttpRequest,
    workload: Workload,
    page: EvaluationPage,
    form: RunForm,
    *,
    status: int = 200,
) -> HttpResponse:
    user = signed_in(request)
    card, choice = page.scorecard, page.choice
    context = frame(request, workload, phase_key="evaluation") | {
        "page": page,
        "form": form,
        "editable": policies.can_edit(user, workload),
        "scorecard": card,
        "outdated": outdated(card) if card else [],
        "view": view_of(card.document, choice.alias if choice else "") if card else None,
        "assumption": assumption(card.document) if card else "",
        "choice": choice,
        "again": page.outlook.again
        or bool(form.is_bound and (form["reason"].data or form["reason"].errors)),
    }
    return render_page(request, f"{_FOLDER}/evaluation.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation(request: HttpRequest, ref: str) -> HttpResponse:
    """Show how phase 4 stands, or start the run that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    editable = bool(policies.can_edit(user, workload))
    if request.method != "POST":
        page = evaluation_page(current_cycle(workload), editable=editable)
        return _evaluation(request, workload, page, _run_form(page))
    policies.require(user, workload, "edit")
    page = evaluation_page(current_cycle(workload), editable=True)
    form = _run_form(page, request.POST)
    if not form.is_valid():
        return _evaluation(request, workload, page, form, status=422)
    data = form.cleaned_data
    try:
        run = services.start_baseline(
            actor=user,
            workload=workload,
            baseline=Baseline(
                metrics=chosen(page.options, data["metrics"]),
                repeats=data["repeats"],
                reference=data["reference"],
                weights=form.weights(),
                judges=[
                    one.version for one in page.judges if str(one.version.pk) in data["judges"]
                ],
                judging_cap=_judging_cap(page, data["judging_cap"]),
            ),
            cap=data["cap"],
            concurrency=data["concurrency"],
            reason=data["reason"],
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        return _evaluation(request, workload, page, form, status=422)
    words = f"Run {run.number} started: {run.planned} calls. You can leave the page."
    flash.success(request, words)
    return redirect("runs:run", ref=ref, run_id=run.pk)
