"""Pages of phase 2: the catalog as the brief sees it, and a shortlist as it was chosen."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from catalog.enums import Outcome
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.policy import policy
from portal.shell.rendering import render_page, wants_fragment
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.selection import presentation, selectors, services
from workloads.selection.forms import LIMITS, Typed, as_chosen, read_choice, read_query
from workloads.selection.models import Shortlist

PAGE = "workloads/selection/selection.html"


@require_http_methods(["GET", "HEAD", "POST"])
def selection(request: HttpRequest, ref: str) -> HttpResponse:
    """Show every model against the brief and what other limits would do, or choose candidates."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    cycle = current_cycle(workload)
    if request.method != "POST":
        typed = read_query(request.GET)
        status = 422 if typed.errors else 200
        if wants_fragment(request):
            return _fragment(request, cycle, typed, status)
        shortlists = selectors.shortlists_of(cycle)
        as_chosen(typed, shortlists[0] if shortlists else None)
        return _page(request, user, cycle, typed, shortlists, status=status)
    typed = read_choice(request.POST)
    if typed.errors:
        return _refused(request, user, cycle, typed, 422)
    try:
        chosen = services.choose_shortlist(
            actor=user,
            workload=workload,
            picks=list(typed.picks.values()),
            not_taken=typed.not_taken(),
            not_taken_reason=typed.not_taken_reason,
            tokens_in=typed.tokens_in,
            tokens_out=typed.tokens_out,
            catalog_revision=request.POST.get("revision", ""),
        )
    except Invalid as problem:
        typed.errors = list(problem.errors)
        return _refused(request, user, cycle, typed, 422)
    except Conflict as problem:
        if problem.code != "catalog_changed":
            raise
        typed.errors = [FieldError("candidates", problem.code, problem.message)]
        return _refused(request, user, cycle, typed, 409)
    messages.success(request, f"Shortlist {chosen.number} is chosen.")
    return redirect("selection:selection", ref=workload.ref)


@require_safe
def shortlist(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one shortlist as it was chosen, and whether its answer comes out again."""
    workload = workload_for(signed_in(request), ref)
    found = selectors.shortlist_numbered(current_cycle(workload), number)
    if found is None:
        raise Http404
    handling = {one.alias: presentation.data_handling(one) for one in found.catalog.contents()}
    rows = [row | {"handling": handling[row["alias"]]} for row in found.considered]
    context = frame(request, workload, phase_key="selection") | {
        "shortlist": found,
        "asked": presentation.asked(found.requirements()),
        "outcomes": [
            (outcome, [row for row in rows if row["outcome"] == outcome.value])
            for outcome in Outcome
        ],
        "candidates": list(found.candidates.all()),
        "not_taken": list(found.not_taken.items()),
        "struck": list(found.struck.items()),
        "again": selectors.reproduced(found),
    }
    return render_page(request, "workloads/selection/shortlist.html", context)


def _considered(cycle: Cycle, typed: Typed, latest: Shortlist | None) -> selectors.Considered:
    if typed.has_sizes():
        return selectors.considered(
            selectors.requirements_of(cycle, tokens_in=typed.tokens_in, tokens_out=typed.tokens_out)
        )
    return selectors.considered(selectors.standing_requirements(cycle, latest))


def _what_if(found: selectors.Considered, typed: Typed) -> dict[str, Any]:
    wrong = [one for one in typed.errors if one.field in LIMITS]
    shown = None
    if typed.limits and not wrong:
        shown = presentation.what_if(found, *selectors.with_limits(found, typed.limits))
    return {"what_if": shown, "limit_errors": wrong}


def _fragment(request: HttpRequest, cycle: Cycle, typed: Typed, status: int) -> HttpResponse:
    latest = None if typed.has_sizes() else selectors.shortlist_of(cycle)
    context = _what_if(_considered(cycle, typed, latest), typed)
    return render_page(request, PAGE, context, partial="result", status=status)


def _refused(
    request: HttpRequest, user: User, cycle: Cycle, typed: Typed, status: int
) -> HttpResponse:
    return _page(request, user, cycle, typed, selectors.shortlists_of(cycle), status=status)


def _page(
    request: HttpRequest,
    user: User,
    cycle: Cycle,
    typed: Typed,
    shortlists: list[Shortlist],
    *,
    status: int,
) -> HttpResponse:
    workload: Workload = cycle.workload
    latest = shortlists[0] if shortlists else None
    found = _considered(cycle, typed, latest)
    requirements = found.requirements
    least, most = (
        int(policy().number("evaluation", name)) for name in ("candidates_min", "candidates_max")
    )
    refused = [one for one in typed.errors if one.field not in (*LIMITS, "tokens_in", "tokens_out")]
    context = frame(request, workload, phase_key="selection") | {
        "groups": presentation.groups(found, typed),
        "revision": found.revision,
        "requirements": requirements,
        "asked": presentation.asked(requirements),
        "scales": presentation.scales(found, typed),
        "typed": typed,
        "sizes_typed": typed.has_sizes(),
        "shown_in": typed.raw["tokens_in"] or requirements.tokens_in,
        "shown_out": typed.raw["tokens_out"] or requirements.tokens_out,
        "tokens_in_error": typed.error("tokens_in"),
        "tokens_out_error": typed.error("tokens_out"),
        "not_taken_error": typed.error("not_taken_reason"),
        "refused": refused,
        "total": len(found.matches),
        "shortlist": latest,
        "shortlists": shortlists,
        "editable": bool(can_edit(user, workload)),
        "least": least,
        "most": most,
        **_what_if(found, typed),
    }
    return render_page(request, PAGE, context, status=status)
