"""Measuring: what it will call and cost is stated first; then its progress and figures."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from catalog import histories, services
from catalog.enums import ProbeState
from catalog.models import CatalogEntry
from catalog.policies import require_manager
from catalog.selectors import entry_for
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import Conflict, Invalid
from portal.shell.rendering import render_page


@require_http_methods(["GET", "HEAD", "POST"])
def start_probe(request: HttpRequest) -> HttpResponse:
    """State what a probe of one model (``entry``) or of all usable ones costs; POST starts it."""
    user = signed_in(request)
    require_manager(user)
    problem = None
    if request.method == "POST":
        one = request.POST.get("entry", "")
        try:
            probe = services.start_probe(
                actor=user, entries=_entries(user, one), stated=request.POST.get("stated", "")[:100]
            )
        except Conflict as refused:
            problem = refused
        else:
            if probe is not None:
                messages.success(request, "Measuring has been asked for.")
                return redirect("catalog:probe", probe_id=probe.pk)
    else:
        one = request.GET.get("entry", "")
    entries = _entries(user, one)
    plan = services.plan_probe(entries)
    context = {
        "plan": plan,
        "one": entries[0] if one else None,
        "calls": len(plan.planned) * plan.calls_each,
        "amounts": sorted(plan.worst_case.items()),
        "problem": problem,
    }
    status = problem.status if problem is not None else 200
    return render_page(request, "catalog/probe_plan.html", context, status=status)


def _entries(user: User, one: str) -> list[CatalogEntry]:
    if not one:
        return services.measurable()
    try:
        return [entry_for(user, UUID(one))]
    except ValueError as problem:
        raise Invalid("That is no model of the catalog.", code="choice") from problem


@require_safe
def probe(request: HttpRequest, probe_id: UUID) -> HttpResponse:
    """Show how far a probe is and what it measured."""
    found = histories.probe_for(signed_in(request), probe_id)
    measured = histories.measured_by(found)
    context = {
        "probe": found,
        "state": ProbeState(found.state),
        "moving": found.state in (ProbeState.QUEUED, ProbeState.RUNNING),
        "measured": measured,
        "planned": len(found.planned),
        "money": [
            {
                "currency": currency,
                "spent": found.spent.get(currency, "0"),
                "cap": cap,
            }
            for currency, cap in sorted(found.cap.items())
        ],
    }
    return render_page(request, "catalog/probe.html", context, partial="progress")
