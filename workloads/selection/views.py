"""Pages of phase 2: the catalog as the brief sees it, and a shortlist as it was chosen."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.enums import Outcome
from catalog.matching import Match, Requirements
from catalog.models import CatalogEntry
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.policy import policy
from workloads.briefs.answers import NotAnAnswer, whole
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.policies import can_edit
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.selection import selectors, services
from workloads.selection.services import TOKENS_MOST, Pick

PAGE = "workloads/selection/selection.html"
WORDS = {
    Outcome.FITS: "Meets everything that the brief asks.",
    Outcome.NEAR_MISS: "Falls short somewhere; may be tested with a reason.",
    Outcome.RULED_OUT: "Not allowed, or cannot do it.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One model on the page: how it stands, its entry, and what is typed about it so far."""

    match: Match
    entry: CatalogEntry
    chosen: bool
    note: str
    reason: str
    error: str


@dataclass(slots=True)
class Group:
    """The models of one outcome."""

    outcome: Outcome
    words: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Typed:
    """What the page was asked for: token sizes, picks, and what is wrong with them."""

    tokens_in: int
    tokens_out: int
    raw_in: str
    raw_out: str
    picks: dict[str, Pick] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    def error(self, name: str) -> str:
        """Return what is wrong with one field, or nothing."""
        return next((one.message for one in self.errors if one.field == name), "")


@require_http_methods(["GET", "HEAD", "POST"])
def selection(request: HttpRequest, ref: str) -> HttpResponse:
    """Show every model against the brief, or choose the candidates."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    cycle = current_cycle(workload)
    posted = request.method == "POST"
    typed = _typed(request.POST if posted else request.GET, cycle)
    if not posted:
        _as_chosen(cycle, typed)
        return _page(request, user, workload, typed, status=422 if typed.errors else 200)
    typed.picks = {
        alias: Pick(
            alias,
            request.POST.get(f"note-{alias}", ""),
            request.POST.get(f"reason-{alias}", ""),
        )
        for alias in dict.fromkeys(request.POST.getlist("candidate")[:50])
    }
    if typed.errors:
        return _page(request, user, workload, typed, status=422)
    try:
        chosen = services.choose_shortlist(
            actor=user,
            workload=workload,
            picks=list(typed.picks.values()),
            tokens_in=typed.tokens_in,
            tokens_out=typed.tokens_out,
            catalog_revision=request.POST.get("revision", ""),
        )
    except Invalid as problem:
        typed.errors = list(problem.errors)
        return _page(request, user, workload, typed, status=422)
    except Conflict as problem:
        if problem.code != "catalog_changed":
            raise
        typed.errors = [FieldError("candidates", problem.code, problem.message)]
        return _page(request, user, workload, typed, status=409)
    messages.success(request, f"Shortlist {chosen.number} is chosen.")
    return redirect("selection:selection", ref=workload.ref)


@require_safe
def shortlist(request: HttpRequest, ref: str, number: int) -> HttpResponse:
    """Show one shortlist as it was chosen: the query, every model and its reasons."""
    workload = workload_for(signed_in(request), ref)
    found = selectors.shortlist_numbered(current_cycle(workload), number)
    if found is None:
        raise Http404
    outcomes = [
        (outcome, [row for row in found.considered if row["outcome"] == outcome.value])
        for outcome in Outcome
    ]
    context = frame(request, workload, phase_key="selection") | {
        "shortlist": found,
        "asked": asked(found.requirements()),
        "outcomes": outcomes,
        "candidates": list(found.candidates.all()),
    }
    return render(request, "workloads/selection/shortlist.html", context)


def asked(requirements: Requirements) -> list[tuple[str, str]]:
    """Return what was asked of a model, in words, for the panel beside the table."""
    money = requirements.currency
    return [
        ("Data", requirements.data_class or "not said"),
        ("Regions", ", ".join(requirements.residency) or "not said"),
        ("Abilities", ", ".join(requirements.capabilities).replace("_", " ") or "none"),
        ("Context", f"{requirements.context_needed:,} tokens"),
        (
            "Slowest answer",
            f"{requirements.latency_p95_ms:,} ms"
            if requirements.latency_p95_ms is not None
            else "not said",
        ),
        (
            "A request",
            f"at most {requirements.max_cost_per_request.normalize():f} {money}"
            if requirements.max_cost_per_request is not None
            else "not said",
        ),
        (
            "A month",
            f"at most {requirements.budget_per_month:,.2f} {money}"
            if requirements.budget_per_month is not None
            else "not said",
        ),
        (
            "Requests a day",
            f"{requirements.requests_per_day:,}"
            if requirements.requests_per_day is not None
            else "not said",
        ),
        ("Tier", str(requirements.tier or "not known yet")),
    ]


def _typed(data: Any, cycle: Cycle) -> Typed:
    usual = selectors.requirements_of(cycle)
    found = selectors.shortlist_of(cycle)
    sizes = found.requirements() if found is not None else usual
    raw_in = data.get("tokens_in", str(sizes.tokens_in))
    raw_out = data.get("tokens_out", str(sizes.tokens_out))
    typed = Typed(sizes.tokens_in, sizes.tokens_out, raw_in[:40], raw_out[:40])
    for name, raw in (("tokens_in", raw_in), ("tokens_out", raw_out)):
        try:
            value = whole(name, raw, 1, TOKENS_MOST)
        except NotAnAnswer as wrong:
            typed.errors.append(wrong.error)
            continue
        if value is None:
            message = "Enter a whole number, for example 900."
            typed.errors.append(FieldError(name, "required", message))
        else:
            setattr(typed, name, value)
    return typed


def _as_chosen(cycle: Cycle, typed: Typed) -> None:
    found = selectors.shortlist_of(cycle)
    if found is not None:
        typed.picks = {
            one.entry.gateway_alias: Pick(one.entry.gateway_alias, one.note, one.reason)
            for one in found.candidates.all()
        }


def _page(
    request: HttpRequest, user: User, workload: Workload, typed: Typed, *, status: int
) -> HttpResponse:
    cycle = current_cycle(workload)
    requirements = selectors.requirements_of(
        cycle, tokens_in=typed.tokens_in, tokens_out=typed.tokens_out
    )
    found = selectors.considered(requirements)
    least, most = (
        int(policy().number("evaluation", name)) for name in ("candidates_min", "candidates_max")
    )
    context = frame(request, workload, phase_key="selection") | {
        "groups": _groups(found.matches, typed),
        "revision": found.revision,
        "asked": asked(requirements),
        "typed": typed,
        "tokens_in_error": typed.error("tokens_in"),
        "tokens_out_error": typed.error("tokens_out"),
        "total": len(found.matches),
        "shortlist": selectors.shortlist_of(cycle),
        "shortlists": selectors.shortlists_of(cycle),
        "editable": bool(can_edit(user, workload)),
        "least": least,
        "most": most,
    }
    return render(request, PAGE, context, status=status)


def _groups(matches: list[Match], typed: Typed) -> list[Group]:
    groups = {outcome: Group(outcome, words) for outcome, words in WORDS.items()}
    entries = {entry.gateway_alias: entry for entry in CatalogEntry.objects.all()}
    for match in matches:
        pick = typed.picks.get(match.alias)
        groups[match.outcome].rows.append(
            Row(
                match=match,
                entry=entries[match.alias],
                chosen=pick is not None,
                note=pick.note if pick else "",
                reason=pick.reason if pick else "",
                error=typed.error(f"candidates.{match.alias}"),
            )
        )
    return list(groups.values())
