"""Pages of preference studies: opening one, rating blind, and what it showed."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.preferences import policies, selectors, services
from evaluations.preferences.enums import StudyState
from evaluations.preferences.forms import CloseForm, InviteForm, StudyForm
from evaluations.preferences.limits import limits
from evaluations.preferences.models import Study, StudyRater
from evaluations.preferences.planning import prompt_authors
from evaluations.preferences.presentation import ask, facts_of, line_of, result_of
from evaluations.preferences.seats import seat_of
from evaluations.runs.models import Run
from evaluations.runs.selectors import run_for
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid
from portal.common.text import text_problem
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import members_of, workload_for

_FOLDER = "evaluations/preferences"
_IN_PANEL = 5
# What the form proposes: a study of some ten minutes.
_USUAL_PAIRS = 30


@require_safe
def studies(request: HttpRequest, ref: str) -> HttpResponse:
    """List the studies of a workload."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    context = frame(request, workload, phase_key="evaluation") | _listed(user, workload)
    context["blind"] = policies.rates_here(user, workload)
    return render_page(request, f"{_FOLDER}/list.html", context)


@require_safe
def panel(request: HttpRequest, ref: str) -> HttpResponse:
    """The studies' panel on the evaluation page."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    context = {"workload": workload} | _listed(user, workload, _IN_PANEL)
    return render_page(request, f"{_FOLDER}/panel.html", context)


def _listed(user: User, workload: Workload, most: int = 200) -> dict[str, Any]:
    rows = selectors.studies_for(user, workload).defer("document")[:most]
    return {
        "lines": [line_of(one) for one in rows],
        "may_open": policies.can_open(user, workload),
        "comparable": bool(selectors.comparable_runs(workload)),
    }


@require_safe
def of_run(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """What closed studies of one run showed: the panel beside its scorecard."""
    user = signed_in(request)
    run = run_for(user, ref, run_id)
    context = {
        "workload": run.workload,
        "results": [(one, result_of(one)) for one in selectors.closed_studies_of(run.pk)],
        "run": run,
        "may_open": policies.can_open(user, run.workload),
    }
    return render_page(request, f"{_FOLDER}/of_run.html", context)


def _people(workload: Workload, barred: Collection[UUID | None]) -> list[User]:
    """The members who may be asked to rate, whoever wrote the prompts left to the service."""
    found = {one.user.pk: one.user for one in members_of(workload) if one.user_id not in barred}
    return [
        one
        for one in found.values()
        if not policies.rater_problem(one, workload, maker=None, authors=set())
    ]


def _run(request: HttpRequest, workload: Workload) -> tuple[Run | None, Sequence[Run]]:
    runs = selectors.comparable_runs(workload)
    asked = request.GET.get("run", "")[:40]
    if asked and not text_problem(asked):
        found = next((one for one in runs if str(one.pk) == asked), None)
        if found is None:
            raise Http404
        return found, runs
    return (runs[0] if runs else None), runs


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what can be studied; open the study that was posted."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    require(user, workload, "edit")
    run, runs = _run(request, workload)
    if run is None:
        return _new(request, workload, None, runs, None)
    names = [one["name"] for one in run.plan["candidates"]]
    most = limits(workload.tier)
    people = _people(workload, {user.pk, *prompt_authors(run, range(len(names)))})
    if request.method != "POST":
        start = {
            "candidates": ["0", "1"],
            "pairs": min(max(_USUAL_PAIRS, most.pairs_min), most.pairs_max),
        }
        form = StudyForm(names, people, most, initial=start)
        return _new(request, workload, run, runs, form)
    form = StudyForm(names, people, most, request.POST)
    if not form.is_valid():
        return _new(request, workload, run, runs, form, status=422)
    data = form.cleaned_data
    try:
        made = services.open_study(
            actor=user,
            workload=workload,
            run=run,
            candidates=[int(one) for one in data["candidates"]],
            pairs=data["pairs"],
            question=data["question"],
            raters=[one for one in people if str(one.pk) in data["raters"]],
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        status = 409 if isinstance(problem, Conflict) else 422
        return _new(request, workload, run, runs, form, status=status)
    flash.success(request, f"Study {made.number} is open. Each rater finds it on their home page.")
    return redirect("preferences:study", ref=ref, number=made.number)


def _new(
    request: HttpRequest,
    workload: Workload,
    run: Run | None,
    runs: Sequence[Run],
    form: StudyForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = frame(request, workload, phase_key="evaluation") | {
        "run": run,
        "runs": runs,
        "form": form,
        "limits": limits(workload.tier),
        "people": bool(form and form.people),
    }
    return render_page(request, f"{_FOLDER}/new.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def study(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show how far a study is, or what it showed; close it."""
    user = signed_in(request)
    found = selectors.study_for(user, ref, number)
    if request.method != "POST":
        return _study(request, user, found)
    verdict = policies.can_close(user, found)
    if not verdict and verdict.rule != "study_closed":
        raise Forbidden(verdict.message, code=verdict.rule)
    far = selectors.progress(found, limits(found.workload.tier).raters_min)
    form = CloseForm(request.POST, complete=far.complete)
    if not form.is_valid():
        return _study(request, user, found, close=form, status=422)
    try:
        services.close_study(actor=user, study=found, reason=form.cleaned_data["reason"])
    except Invalid as problem:
        add_errors(form, problem)
        return _study(request, user, found, close=form, status=422)
    flash.success(request, "The study is closed, and this is whose answers they were.")
    return redirect("preferences:study", ref=ref, number=number)


def _study(
    request: HttpRequest,
    user: User,
    found: Study,
    *,
    close: CloseForm | None = None,
    invite: InviteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    seat = seat_of(user, found)
    far = selectors.progress(found, limits(found.workload.tier).raters_min)
    asked = {one.rater.user_id for one in far.raters}
    may_invite = policies.can_invite(user, found)
    more = _people(found.workload, asked | {found.created_by_id}) if may_invite else []
    context = frame(request, found.workload, phase_key="evaluation") | {
        "study": found,
        "blind": policies.rates_here(user, found.workload),
        "seat": seat,
        "progress": far,
        "facts": facts_of(found, far),
        "line": line_of(found),
        "names": policies.sees_names(found, seat),
        "result": result_of(found),
        "may_rate": policies.can_rate(user, found, seat),
        "may_close": policies.can_close(user, found),
        "close": close or CloseForm(complete=far.complete),
        "invite": invite or (InviteForm(more) if more else None),
        "reason_min": limits(found.workload.tier).reason_min,
    }
    return render_page(request, f"{_FOLDER}/study.html", context, status=status)


@never_cache
@require_POST
def invite(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Ask further people to rate."""
    user = signed_in(request)
    found = selectors.study_for(user, ref, number)
    verdict = policies.can_invite(user, found)
    if not verdict and verdict.rule != "study_closed":
        raise Forbidden(verdict.message, code=verdict.rule)
    people = _people(found.workload, set())
    form = InviteForm(people, request.POST)
    if not form.is_valid():
        return _study(request, user, found, invite=form, status=422)
    chosen = [one for one in people if str(one.pk) in form.cleaned_data["raters"]]
    try:
        services.invite_raters(actor=user, study=found, raters=chosen)
    except Invalid as problem:
        add_errors(form, problem)
        return _study(request, user, found, invite=form, status=422)
    flash.success(request, "Asked. They find it on their home page.")
    return redirect("preferences:study", ref=ref, number=number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show the rater's next pair, and take the verdict on it."""
    user = signed_in(request)
    found = selectors.study_for(user, ref, number)
    seat = seat_of(user, found)
    if seat is None:
        raise Forbidden(policies.NOT_ASKED.message, code=policies.NOT_ASKED.rule)
    if request.method != "POST":
        return _pair(request, found, seat)
    raw, choice = request.POST.get("task", "")[:40], request.POST.get("choice", "")[:20]
    try:
        task = UUID(raw)
    except ValueError as problem:
        raise Http404 from problem
    try:
        services.rate(actor=user, study=found, task=task, choice=choice)
    except (Conflict, Invalid) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        found.refresh_from_db(fields=["state"])
        return _pair(request, found, seat, said=problem.message, status=status)
    if wants_fragment(request):
        return _pair(request, found, seat)
    return redirect("preferences:rate", ref=ref, number=number)


def _pair(
    request: HttpRequest, found: Study, seat: StudyRater, *, said: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "workload": found.workload,
        "study": found,
        "ask": ask(seat),
        "open": found.state == StudyState.OPEN,
        "said": said,
    }
    response = render_page(request, f"{_FOLDER}/rate.html", context, partial="pair", status=status)
    if said and wants_fragment(request):
        # A refusal shows the pair that is next instead of leaving the old one on the screen.
        response["HX-Retarget"], response["HX-Reswap"] = "#rating", "outerHTML"
    return response
