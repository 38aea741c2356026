"""Comparing with the gateway or a price map, looking at it, and applying it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import histories, services
from catalog.enums import PreviewState, Source
from catalog.forms import UploadForm
from catalog.lines import SHOWN, lines_of, model_line
from catalog.models import Preview
from catalog.policies import require_manager
from catalog.pricemap import MOST_BYTES
from portal.accounts.http import signed_in
from portal.common.errors import Conflict, DomainError, Forbidden, Invalid, Unavailable
from portal.common.text import clean_text
from portal.shell.forms import add_errors

# Models of a file that are offered at once; the text narrows them.
OFFERED = 50


@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Compare with the gateway now, and show what would change."""
    user = signed_in(request)
    try:
        made = services.preview_gateway(actor=user)
    except Unavailable as problem:
        messages.error(request, f"The gateway could not be read. {problem.message}")
        return redirect("catalog:catalog")
    if _is_empty(made):
        report = services.apply_preview(actor=user, preview=made, digest=made.digest)
        messages.success(request, f"{report.read} models read; nothing is new.")
        return redirect("catalog:report", report_id=report.pk)
    return redirect("catalog:preview", preview_id=made.pk)


def _is_empty(found: Preview) -> bool:
    """Whether applying it would add, change or mark nothing that somebody should look at first."""
    return _changes(found.plan) == 0


def _changes(plan: Mapping[str, Any]) -> int:
    """Return how many rows would be added, changed or marked."""
    # A comparison that has waited since before there were marks has none.
    marks = ("newly_missing", "snapshots")
    return sum(len(plan[name]) for name in ("new", "prices", "facts")) + sum(
        len(plan.get(name, ())) for name in marks
    )


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """Take a price map, and show what it would change."""
    user = signed_in(request)
    require_manager(user)
    form = UploadForm()
    status = 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            given = form.cleaned_data["file"]
            try:
                made = services.preview_price_map(
                    actor=user, filename=given.name or "", data=given.read(MOST_BYTES + 1)
                )
            except Forbidden:
                raise
            except DomainError as problem:
                add_errors(form, problem)
            else:
                return redirect("catalog:preview", preview_id=made.pk)
    return render(request, "catalog/import.html", {"form": form}, status=status)


@require_safe
def preview(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """Show what a comparison would change; ``q`` narrows the models that may be proposed."""
    user = signed_in(request)
    require_manager(user)
    found = histories.preview_for(user, preview_id)
    return _page(request, found)


def _page(request: HttpRequest, found: Preview, problem: DomainError | None = None) -> HttpResponse:
    if found.state == PreviewState.APPLIED and found.report_id is not None:
        return redirect("catalog:report", report_id=found.report_id)
    if set(request.GET) - {"q"}:
        raise Invalid("These models are narrowed by text alone.", code="unknown_filter")
    text = clean_text(request.GET.get("q", ""), field="q", maximum=200, single_line=True)
    plan = found.plan
    context: dict[str, Any] = {
        "preview": found,
        "source": Source(found.origin),
        "state": PreviewState(found.state),
        "waiting": found.state == PreviewState.WAITING,
        "plan": plan,
        "lines": lines_of(plan),
        "new": [model_line(one) for one in plan["new"][:SHOWN]],
        "problem": problem,
        "q": text,
        "facts": [
            ("Models read", found.read),
            ("New", len(plan["new"])),
            ("Prices", len(plan["prices"]), "rows to be added"),
            ("Facts", len(plan["facts"]), "to be taken over"),
            ("Differences", len(plan["differences"]), "stay as they are"),
            ("Skipped", len(plan["problems"]), "with the reason"),
        ],
        "changes": _changes(plan),
        "newly_missing": plan.get("newly_missing", []),
        "snapshots": list(plan.get("snapshots", {}).items()),
        **_offers(found, text),
    }
    status = problem.status if problem is not None else 200
    return render(request, "catalog/preview.html", context, status=status)


def _offers(found: Preview, text: str) -> dict[str, Any]:
    """Return the models of the file that may be proposed: chosen ones first, then by name."""
    if found.origin != Source.PRICE_MAP or not found.plan["others"]:
        return {"offers": [], "matching": 0, "chosen": 0}
    readings = histories.offered_by(found)
    wanted = text.casefold()
    chosen = set(found.chosen)
    passing = [
        one
        for one in readings
        if not wanted
        or wanted in one["alias"].casefold()
        or wanted in str(one["facts"].get("provider", "")).casefold()
    ]
    first = [one for one in readings if one["alias"] in chosen]
    rest = [one for one in passing if one["alias"] not in chosen]
    offers = [model_line(one, chosen=one["alias"] in chosen) for one in [*first, *rest[:OFFERED]]]
    return {"offers": offers, "matching": len(passing), "chosen": len(first)}


@require_POST
def choose(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """Remember the ticked models, and go on looking."""
    user = signed_in(request)
    require_manager(user)
    found = histories.preview_for(user, preview_id)
    services.choose(actor=user, preview=found, aliases=_ticked(request, "propose"))
    return redirect("catalog:preview", preview_id=found.pk)


@require_POST
def apply(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """Apply exactly what was shown, but for the lines that were ticked to be left out."""
    user = signed_in(request)
    require_manager(user)
    found = histories.preview_for(user, preview_id)
    propose = _ticked(request, "propose")
    if request.POST.get("everything") == "1":
        propose = [services.EVERYTHING]
    try:
        report = services.apply_preview(
            actor=user,
            preview=found,
            digest=request.POST.get("digest", "")[:100],
            leave_out=_left_out(request, found),
            propose=propose,
        )
    except Conflict as problem:
        if problem.code != "preview_changed":
            raise
        found.refresh_from_db()
        return _page(request, found, problem)
    messages.success(request, "Applied as it was shown.")
    return redirect("catalog:report", report_id=report.pk)


@require_POST
def discard(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """Forget the comparison."""
    user = signed_in(request)
    require_manager(user)
    found = histories.preview_for(user, preview_id)
    services.discard_preview(actor=user, preview=found)
    messages.success(request, "Nothing was changed; the comparison is forgotten.")
    return redirect("catalog:catalog")


def _ticked(request: HttpRequest, name: str) -> list[str]:
    return [one for one in request.POST.getlist(name) if one and "\x00" not in one]


def _left_out(request: HttpRequest, found: Preview) -> list[tuple[str, str]]:
    """Return (alias, field) of the lines ticked to be left out: "price:3" is the fourth price.

    Raises Invalid (choice) for a line that is not there.
    """
    pairs = []
    for one in request.POST.getlist("leave"):
        kind, _, place = one.partition(":")
        rows = found.plan.get({"price": "prices", "fact": "facts"}.get(kind, ""), [])
        if not (
            place.isascii() and place.isdecimal() and len(place) < 7 and int(place) < len(rows)
        ):
            raise Invalid.field("leave", "choice", "That is no line of this comparison.")
        row = rows[int(place)]
        pairs.append((row["alias"], "price" if kind == "price" else row["field"]))
    return pairs
