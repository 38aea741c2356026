"""Comparisons of two candidates by a judge: those of a run, the start of one, and one in full."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.datasets import services as datasets
from evaluations.datasets.heldout import Sight, sight_of
from evaluations.judges.enums import Standing
from evaluations.judges.models import JudgeVersion
from evaluations.judges.presentation import may_be_used
from evaluations.judges.selectors import newest_calibrations, newest_versions, standing_by
from evaluations.preferences.policies import require_unblinded
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.runs.judging.cases import PAIRS
from evaluations.runs.judging.reading import Paired
from evaluations.runs.models import Run
from evaluations.runs.selectors import run_for
from evaluations.scorecards.forms import PairsForm
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.pairing import Comparison, compared, comparison_of
from evaluations.scorecards.presentation.pairs import (
    SHOWS,
    PairRow,
    comparison_row,
    in_interest,
    outcome_of,
    pair_row,
)
from portal.accounts.http import signed_in
from portal.common.errors import DomainError, Forbidden
from portal.shell.forms import add_errors
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.models import Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit, require

_FOLDER = "evaluations/scorecards"
PAGE_SIZE = 25


def _judges(workload: Workload) -> list[tuple[JudgeVersion, Standing]]:
    """The judges of two answers that may be asked, each in its newest version."""
    versions = [one for one in newest_versions(workload) if one.pairwise]
    found = newest_calibrations(versions)
    both = [(one, standing_by(found.get(one.pk))[0]) for one in versions]
    return [(one, standing) for one, standing in both if standing is not Standing.OFF]


def _run(request: HttpRequest, ref: str, run_id: UUID) -> Run:
    found = run_for(signed_in(request), ref, run_id)
    if found.purpose == RunPurpose.JUDGING:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def pairs(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """List the comparisons of a run's candidates, or start the one that was posted."""
    user = signed_in(request)
    run = _run(request, ref, run_id)
    workload = run.workload
    posted = request.method == "POST"
    if posted:
        require(user, workload, "edit")
    editable = bool(can_edit(user, workload)) and run.state == RunState.COMPLETE
    judges = _judges(workload) if editable else []
    names = [str(one["name"]) for one in run.plan["candidates"]]
    form = PairsForm(judges, names, run.currency, request.POST if posted else None)
    if posted and form.is_valid():
        try:
            made = runs.start_comparison(
                actor=user,
                run=run,
                version=form.version(),
                first=int(form.cleaned_data["first"]),
                second=int(form.cleaned_data["second"]),
                cap=form.cleaned_data["cap"],
            )
        except Forbidden:
            raise
        except DomainError as problem:
            add_errors(form, problem)
        else:
            flash.success(request, f"Run {made.number} asks the judge in both orders.")
            return redirect("scorecards:pair", ref=ref, run_id=made.pk)
    rows = [comparison_row(one) for one in compared(run)]
    context: dict[str, Any] = {
        "workload": workload,
        "run": run,
        "rows": rows,
        "form": form,
        "judges": judges,
        "editable": editable,
        "several": len(names) > 1,
        "scorecard": Scorecard.objects.filter(run=run).only("number").first(),
    }
    if wants_fragment(request):
        return render_page(request, f"{_FOLDER}/pairs.html", context, partial="panel")
    context = frame(request, workload, phase_key="evaluation") | context
    status = 422 if form.is_bound else 200
    return render_page(request, f"{_FOLDER}/pairs.html", context, status=status)


@require_safe
def pair(request: HttpRequest, ref: str, run_id: UUID) -> HttpResponse:
    """Show one comparison: who wins, whether order decided, how the judge was checked."""
    user = signed_in(request)
    asked = run_for(user, ref, run_id)
    subject = asked.plan.get("subject") or {}
    if subject.get("kind") != PAIRS:
        raise Http404
    workload = asked.workload
    require_unblinded(user, workload)
    run = run_for(user, ref, UUID(subject["ref"]))
    found = comparison_of(run, asked)
    if found is None:
        raise Http404
    dataset = run.dataset_version.dataset
    sight = sight_of(user, dataset, shown=request.GET.get("held_out") == "show")
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    listed = in_interest([one for one in found.pairs if not show or outcome_of(one) == show])
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    hides = [one for one in page if _held_out(sight, one)]
    if sight.shown and hides:
        datasets.record_reading(
            actor=user,
            dataset=dataset,
            place="comparison by a judge",
            examples=len(hides),
            version=run.dataset_version.number,
        )
    card = Scorecard.objects.filter(run=run).only("number").first()
    counts = {key: sum(outcome_of(one) == key for one in found.pairs) for key in SHOWS if key}
    context = frame(request, workload, phase_key="evaluation") | {
        "run": run,
        "row": comparison_row(found),
        "found": found,
        "use": may_be_used(found.version, found.standing),
        "scorecard": card,
        "pairs": [_row(one, found, asked, sight, card, ref) for one in page],
        "page": page,
        "show": show,
        "shows": [
            (key, words, counts.get(key, len(found.pairs)))
            for key, words in SHOWS.items()
            if not key or counts[key]
        ],
        "may_ask": sight.allowed and not sight.shown and bool(hides),
        "repeats": int(asked.plan["repeats"]),
    }
    return render_page(request, f"{_FOLDER}/pair.html", context)


def _held_out(sight: Sight, one: Paired) -> bool:
    return one.example.held_out or one.example.view.key in sight.keys


def _row(
    one: Paired, found: Comparison, asked: Run, sight: Sight, card: Scorecard | None, ref: str
) -> PairRow:
    url = ""
    if card is not None:
        notes = asked.plan["notes"]
        sides = [("side", f"{card.number}.{notes[name]}") for name in ("first", "second")]
        more = [("repeat", str(one.repeat))] if one.repeat > 1 else []
        start = reverse("scorecards:example", args=[ref, one.example.revision_id])
        url = f"{start}?{urlencode([*sides, *more])}"
    hidden = _held_out(sight, one) and not (sight.allowed and sight.shown)
    return pair_row(one, (found.first, found.second), hidden=hidden, url=url)
