"""Pages of phase 4: the evaluation, a scorecard, and its downloads."""

from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from catalog.selectors import entry_for
from evaluations.runs.enums import RunPurpose
from evaluations.scorecards import services
from evaluations.scorecards.document.floors import judged
from evaluations.scorecards.exports import as_csv
from evaluations.scorecards.forms import RunForm, WinnerForm
from evaluations.scorecards.models import Scorecard, WinnerChoice
from evaluations.scorecards.options import chosen
from evaluations.scorecards.outdated import outdated
from evaluations.scorecards.pages import EvaluationPage, evaluation_page
from evaluations.scorecards.presentation import assumption, view_of
from evaluations.scorecards.selectors import (
    choices_of,
    floors_of,
    newest_baseline,
    scorecard_for,
)
from evaluations.scorecards.services.baseline import Baseline
from evaluations.scorecards.services.winners import ACCEPTABLE
from portal.accounts.http import signed_in
from portal.accounts.models import User
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
        "concurrency": settings.RUN_CONCURRENCY,
        "repeats": 1,
        "reference": page.entries[0].gateway_alias if page.entries else "",
    }
    names = [entry.gateway_alias for entry in page.entries]
    return RunForm(page.options, names, page.currency, data, initial=initial)


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


def _may_win(scorecard: Scorecard) -> list[str]:
    """The aliases of the candidates that meet every floor, those of the run and those of now."""
    floors = floors_of(scorecard.cycle)
    return [
        one["alias"]
        for one in scorecard.document["candidates"]
        if one["verdict"]["state"] in ACCEPTABLE
        and judged(scorecard.document, one, floors)["state"] in ACCEPTABLE
    ]


def _entry_id(scorecard: Scorecard, alias: str) -> UUID:
    return UUID(
        next(o["entry_id"] for o in scorecard.document["candidates"] if o["alias"] == alias)
    )


def _scorecard(
    request: HttpRequest,
    user: User,
    scorecard: Scorecard,
    *,
    form: WinnerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    workload = scorecard.workload
    newest = newest_baseline(scorecard.cycle)
    is_newest = newest is not None and newest.pk == scorecard.pk
    choices = list(choices_of(scorecard.cycle).filter(scorecard=scorecard))
    standing: WinnerChoice | None = choices[0] if choices and is_newest else None
    may_win = _may_win(scorecard) if is_newest else []
    editable = bool(policies.can_edit(user, workload)) and is_newest
    start = {"entry": standing.alias, "rationale": standing.rationale} if standing else {}
    context = frame(request, workload, phase_key="evaluation") | {
        "scorecard": scorecard,
        "purpose": RunPurpose(scorecard.purpose),
        "view": view_of(scorecard.document, standing.alias if standing else ""),
        "assumption": assumption(scorecard.document),
        "choice": standing,
        "choices": choices,
        "form": form or WinnerForm(may_win, initial=start),
        "may_win": may_win,
        "editable": editable,
        "is_newest": is_newest,
        "newest": newest,
        "outdated": outdated(scorecard) if is_newest else [],
        "run_url": reverse("runs:run", args=[workload.ref, scorecard.run_id]),
    }
    return render_page(request, f"{_FOLDER}/scorecard.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def scorecard(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one scorecard, or choose its winner."""
    user = signed_in(request)
    found = scorecard_for(user, ref, number)
    if request.method != "POST":
        return _scorecard(request, user, found)
    policies.require(user, found.workload, "edit")
    aliases = [one["alias"] for one in found.document["candidates"]]
    form = WinnerForm(aliases, request.POST)
    if not form.is_valid():
        return _scorecard(request, user, found, form=form, status=422)
    entry = entry_for(user, _entry_id(found, form.cleaned_data["entry"]))
    try:
        choice = services.choose_winner(
            actor=user, scorecard=found, entry=entry, rationale=form.cleaned_data["rationale"]
        )
    except Forbidden:
        raise
    except DomainError as problem:
        add_errors(form, problem)
        return _scorecard(request, user, found, form=form, status=422)
    flash.success(request, f"{choice.alias} is the winner.")
    return redirect("scorecards:scorecard", ref=ref, number=number)


@require_safe
def scorecard_csv(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the scorecard as a table for spreadsheets."""
    found = scorecard_for(signed_in(request), ref, number)
    response = HttpResponse(
        as_csv(found.document, found.digest), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{ref}-scorecard-{number}.csv"'
    return response


@require_safe
def scorecard_json(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the scorecard's document, from which its digest can be computed again."""
    found = scorecard_for(signed_in(request), ref, number)
    response = JsonResponse({"digest": found.digest, "document": found.document})
    response["Content-Disposition"] = f'attachment; filename="{ref}-scorecard-{number}.json"'
    return response
