"""The lifecycle's panels on the home page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.accounts.http import signed_in
from portal.shell.rendering import render_page
from workloads.lifecycle.phases import phase
from workloads.lifecycle.policies import can_create
from workloads.lifecycle.selectors import (
    matters_waiting_for,
    open_phases_of,
    reviews_waiting_for,
    workloads_by_phase,
)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for this person: reviews to vote on, own workloads with an open phase."""
    user = signed_in(request)
    context = {
        "reviews": [(one, phase(one.phase)) for one in reviews_waiting_for(user)],
        "matters": matters_waiting_for(user),
        "open_phases": open_phases_of(user),
        "can_create": can_create(user),
    }
    return render_page(request, "workloads/lifecycle/waiting.html", context, partial="panel")


@require_safe
def by_phase(request: HttpRequest) -> HttpResponse:
    """How many of the visible workloads stand in each phase."""
    counts = workloads_by_phase(signed_in(request))
    context = {"counts": counts, "total": sum(one.count for one in counts)}
    return render_page(request, "workloads/lifecycle/by_phase.html", context, partial="panel")
