"""Pages of runs: the list of a workload, and the progress of one. Never a score."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from evaluations.judges.selectors import version_for
from evaluations.runs import selectors, services
from evaluations.runs.enums import RunPurpose, RunState, Stop
from evaluations.runs.forms import CapForm
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan
from evaluations.runs.policies import steering
from evaluations.runs.presentation import plan_rows, shown
from portal.accounts.http import signed_in
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.common.money import from_micro
from portal.common.pagination import page_of
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_FOLDER = "evaluations/runs"


@require_safe
def runs(request: HttpRequest, ref: str) -> HttpResponse:
    """List the runs of a workload, newest first."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    if set(request.GET) - {"cursor"}:
        raise Invalid("This list has no filters.", code="unknown_filter")
    page = page_of(
        selectors.runs_for(user, workload), by="-number", cursor=request.GET.get("cursor", "")
    )
    rows = [
        {
            "run": run,
            "state": RunState(run.state),
            "purpose": RunPurpose(run.purpose),
            "cost": from_micro(run.spent_micro + run.overrun_micro),
            "cap": from_micro(run.cap_micro),
        }
        for run in page.rows
    ]
    context = frame(request, workload, phase_key="evaluation") | {"rows": rows, "page": page}
    return render_page(request, f"{_FOLDER}/list.html", context)


def _shown(request: HttpRequest, run: Run) -> dict[str, Any]:
    """Return what both the page and its live part need."""
    seen = selectors.progress(run)
    return {
        "workload": run.workload,
        "run": run,
        "state": RunState(run.state),
        "stopping": Stop(run.stop) if run.stop else None,
        "progress": seen,
        "steering": steering(signed_in(request), run),
        "overrun": from_micro(run.overrun_micro),
        "booked": from_micro(run.booked_micro),
    } | shown(run, seen)


def _page(
    request: HttpRequest, run: Run, form: CapForm | None = None, status: int = 200
) -> HttpResponse:
    context = (
        frame(request, run.workload, phase_key="evaluation")
        | _shown(request, run)
        | {
            "plan_rows": plan_rows(run, RunPlan.from_json(run.plan)),
            "worst_case": from_micro(run.worst_case_micro),
            "cap_form": form or CapForm(),
        }
    )
    return render_page(request, f"{_FOLDER}/run.html", context, status=status)


@require_safe
def run(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Show how far a run is; htmx asks again every two seconds while it moves."""
    found = selectors.run_for(signed_in(request), ref, run_id)
    if wants_fragment(request):
        context = _shown(request, found) | {"fragment": True}
        # What can be done changes when the run ends, and when it goes on after it had waited.
        waits, moves = context["waits_for_room"], context["progress"].moving
        context["steer_anew"] = not (waits if "waited" in request.GET else moves)
        return render_page(request, f"{_FOLDER}/run.html", context, partial="progress")
    return _page(request, found)


def _steer(
    request: HttpRequest, ref: str, run_id: UUID, act: Callable[..., Run], words: str
) -> HttpResponse:
    user = signed_in(request)
    found = selectors.run_for(user, ref, run_id)
    try:
        act(actor=user, run=found)
    except Conflict as problem:
        problem.link = reverse("runs:run", args=[ref, run_id])
        raise
    flash.success(request, words)
    return redirect("runs:run", ref=ref, run_id=run_id)


@require_POST
def cancel(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Stop the run for good."""
    return _steer(
        request, ref, run_id, services.cancel_run, "Cancelled. No new call is made; the cost stays."
    )


@require_POST
def pause(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Stop the run for a while."""
    return _steer(request, ref, run_id, services.pause_run, "Pausing. Calls in flight still end.")


@require_POST
def resume(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Go on with what is left."""
    return _steer(request, ref, run_id, services.resume_run, "The run goes on with what is left.")


@require_POST
def budget(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Raise the cap; a run that stopped at it goes on."""
    user = signed_in(request)
    found = selectors.run_for(user, ref, run_id)
    require(user, found.workload, "edit")
    form, status = CapForm(request.POST), 422
    if form.is_valid():
        try:
            services.raise_budget(actor=user, run=found, cap=form.cleaned_data["cap"])
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
            status = 409 if isinstance(problem, Conflict) else 422
        else:
            flash.success(request, "The cap was raised.")
            return redirect("runs:run", ref=ref, run_id=run_id)
    return _page(request, found, form, status=status)


@require_POST
def calibrate(request: HttpRequest, ref: str, name: str, number: int) -> HttpResponse:
    """Ask a judge about its calibration set, to compare it with people."""
    user = signed_in(request)
    version = version_for(user, ref, name, number)
    try:
        found = services.start_calibration(actor=user, version=version)
    except Conflict as problem:
        problem.link = reverse("judges:version", args=[ref, name, number])
        raise
    flash.success(request, f"Run {found.number} asks the judge: {found.planned} places.")
    return redirect("runs:run", ref=ref, run_id=found.pk)
