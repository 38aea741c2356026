"""One scorecard: its page, the choice of its winner, and its downloads."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from catalog.selectors import entry_for
from evaluations.judges.selectors import version_for
from evaluations.runs.enums import RunPurpose
from evaluations.scorecards import services
from evaluations.scorecards.comparing.sides import MOST
from evaluations.scorecards.exports import as_csv
from evaluations.scorecards.forms import WinnerForm
from evaluations.scorecards.models import Scorecard, WinnerChoice
from evaluations.scorecards.outdated import outdated
from evaluations.scorecards.pages_alone import as_html
from evaluations.scorecards.presentation import assumption, view_of
from evaluations.scorecards.selectors import (
    checks_of,
    choices_of,
    newest_baseline,
    scorecard_for,
)
from evaluations.scorecards.winning import may_win
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.briefs.selectors import brief_of
from workloads.lifecycle import policies
from workloads.lifecycle.pages import frame

_FOLDER = "evaluations/scorecards"


def _entry_id(scorecard: Scorecard, alias: str) -> UUID:
    return UUID(
        next(o["entry_id"] for o in scorecard.document["candidates"] if o["alias"] == alias)
    )


def _all_candidates(scorecard: Scorecard) -> str:
    """The query of a comparison of this scorecard's first candidates, the reference first."""
    names = [one["name"] for one in scorecard.document["candidates"]]
    order = sorted(range(len(names)), key=lambda at: names[at] != scorecard.document["reference"])
    return urlencode([("side", f"{scorecard.number}.{place}") for place in order[:MOST]])


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
    able = may_win(scorecard.document, brief_of(scorecard.cycle)) if is_newest else []
    editable = bool(policies.can_edit(user, workload)) and is_newest
    start = {"entry": standing.alias, "rationale": standing.rationale} if standing else {}
    context = frame(request, workload, phase_key="evaluation") | {
        "scorecard": scorecard,
        "purpose": RunPurpose(scorecard.purpose),
        "view": view_of(scorecard.document, standing.alias if standing else ""),
        "assumption": assumption(scorecard.document),
        "choice": standing,
        "choices": choices,
        "form": form or WinnerForm(able, initial=start),
        "may_win": able,
        "editable": editable,
        "is_newest": is_newest,
        "newest": newest,
        "outdated": outdated(scorecard) if is_newest else [],
        "compare_query": _all_candidates(scorecard),
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
def scorecard_html(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the scorecard as one file that opens without the portal."""
    found = scorecard_for(signed_in(request), ref, number)
    response = HttpResponse(as_html(found), content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{ref}-scorecard-{number}.html"'
    return response


@require_safe
def scorecard_json(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Return the scorecard's document, from which its digest can be computed again."""
    found = scorecard_for(signed_in(request), ref, number)
    response = JsonResponse({"digest": found.digest, "document": found.document})
    response["Content-Disposition"] = f'attachment; filename="{ref}-scorecard-{number}.json"'
    return response


@require_safe
def judge_checks(request: HttpRequest, ref: str, name: str, number: int) -> HttpResponse:
    """Show how a judge did on its canaries and anchors in every evaluation that used it."""
    version = version_for(signed_in(request), ref, name, number)
    rows = checks_of(version)
    if wants_fragment(request):
        context = {"workload": version.judge.workload, "judge_version": version, "rows": rows}
        return render_page(request, f"{_FOLDER}/judge_checks.html", context, partial="checks")
    context = frame(request, version.judge.workload, phase_key="evaluation") | {
        "judge_version": version,
        "rows": rows,
    }
    return render_page(request, f"{_FOLDER}/judge_checks.html", context)
