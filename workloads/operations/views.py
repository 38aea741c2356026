"""The page of phase 8: what is live, since when, by which decision."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.http import signed_in
from portal.accounts.models import User
from workloads.builds.forms import TokenForm
from workloads.builds.models import TokenScope
from workloads.builds.selectors import switched_off, tokens_of
from workloads.builds.services import issue_token
from workloads.lifecycle import policies
from workloads.lifecycle.evidence import resolve
from workloads.lifecycle.models import Release, Workload
from workloads.lifecycle.pages import frame
from workloads.lifecycle.phases import EvidenceItem
from workloads.lifecycle.selectors import workload_for
from workloads.operations import selectors, services
from workloads.operations.forms import SuspendForm


def _manifest(release: Release) -> list[dict[str, object]]:
    items = [EvidenceItem(**item) for item in release.manifest]
    return [{"item": item, "card": resolve(item)} for item in items]


def _page(
    request: HttpRequest,
    user: User,
    workload: Workload,
    *,
    secret: str = "",
    form: SuspendForm | None = None,
    status: int = 200,
) -> HttpResponse:
    spell = selectors.live_spell(workload)
    release = spell.release if spell else selectors.latest_release(workload)
    build = selectors.build_of_release(release) if release else None
    context = frame(request, workload, phase_key="operations") | {
        "spell": spell,
        "release": release,
        "build": build,
        "matches": bool(release and build and selectors.matches_approval(release, build)),
        "manifest": _manifest(release) if release else [],
        "day": selectors.last_day(workload) if spell else None,
        "recent": list(workload.interactions.all()[:10]),
        "history": list(
            workload.live_history.select_related("release", "began_by", "ended_by")[:20]
        ),
        "switch": switched_off(workload),
        "tokens": [t for t in tokens_of(workload) if t.scope == TokenScope.LIVE],
        "token_form": TokenForm(),
        "secret": secret,
        "endpoint": request.build_absolute_uri(f"/api/v1/workloads/{workload.ref}/invoke"),
        "suspend_form": form or SuspendForm(),
        "may_own": policies.can_own(user, workload),
        "gate_url": reverse("lifecycle:gate", args=[workload.ref, "go_no_go"]),
    }
    return render(request, "workloads/operations/operations.html", context, status=status)


@require_safe
def operations(request: HttpRequest, ref: str) -> HttpResponse:
    """Show what is live."""
    user = signed_in(request)
    return _page(request, user, workload_for(user, ref))


@require_POST
def go_live(request: HttpRequest, ref: str) -> HttpResponse:
    """Put the newest release live."""
    user = signed_in(request)
    spell = services.put_live(actor=user, workload=workload_for(user, ref))
    flash.success(request, f"Release {spell.release.number} is live.")
    return redirect("operations:operations", ref=ref)


@require_POST
def suspend(request: HttpRequest, ref: str) -> HttpResponse:
    """Take the live release off, with a reason."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    form = SuspendForm(request.POST)
    if not form.is_valid():
        return _page(request, user, workload, form=form, status=422)
    services.suspend(actor=user, workload=workload, reason=form.cleaned_data["reason"])
    flash.success(request, "Taken off. Calls are refused from now on.")
    return redirect("operations:operations", ref=ref)


@require_POST
def token(request: HttpRequest, ref: str) -> HttpResponse:
    """Make a live token and show its secret, this once."""
    user = signed_in(request)
    workload = workload_for(user, ref)
    form = TokenForm(request.POST)
    if not form.is_valid():
        flash.error(request, "Give the token a name of at most 80 characters.")
        return redirect("operations:operations", ref=ref)
    _, secret = issue_token(
        actor=user, workload=workload, scope=TokenScope.LIVE, name=form.cleaned_data["name"]
    )
    return _page(request, user, workload, secret=secret)
