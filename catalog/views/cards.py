"""The card of a model: its facts and history, and what is decided about it."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import histories, selectors, services
from catalog.enums import EntryStatus, Witness
from catalog.forms import ApproveForm, FactsForm, PriceForm, ProposeForm, StatusForm
from catalog.models import CatalogEntry
from catalog.policies import can_manage, may_approve, require_manager
from catalog.presentation import facts_of, standing_of
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.clock import now
from portal.common.errors import DomainError, Forbidden


@require_safe
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one card."""
    user = signed_in(request)
    return _card(request, user, selectors.entry_for(user, entry_id))


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Add a model by hand."""
    user = signed_in(request)
    require_manager(user)
    form = ProposeForm(request.POST) if request.method == "POST" else ProposeForm()
    if request.method == "POST" and form.is_valid():
        given = form.typed()
        try:
            made = services.propose(actor=user, alias=given.pop("gateway_alias"), facts=given)
        except DomainError as problem:
            _onto(form, problem)
        else:
            messages.success(request, f"{made.gateway_alias} is proposed.")
            return redirect("catalog:entry", entry_id=made.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "catalog/propose.html", {"form": form}, status=status)


@require_POST
def facts(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Set facts of the card."""

    def act(user: User, found: CatalogEntry, form: FactsForm) -> str:
        services.set_facts(actor=user, entry=found, facts=form.typed())
        return "The card is kept; what changed has to be approved by somebody else."

    return _decide(request, entry_id, "facts_form", FactsForm(request.POST), act)


@require_POST
def approve(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Approve the model."""

    def act(user: User, found: CatalogEntry, form: ApproveForm) -> str:
        given = form.cleaned_data
        units = [one.strip() for one in given["units"].split(",") if one.strip()]
        services.approve(
            actor=user, entry=found, digest=given["digest"], expires=given["expires"],
            reason=given["reason"], units=units, tiers=given["tiers"],
        )  # fmt: skip
        return f"{found.gateway_alias} is approved until {given['expires']:%-d %b %Y}."

    return _decide(request, entry_id, "approve_form", ApproveForm(request.POST), act)


@require_POST
def status(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Deprecate, retire or block the model."""

    def act(user: User, found: CatalogEntry, form: StatusForm) -> str:
        given = form.cleaned_data
        changed = services.change_status(
            actor=user, entry=found, status=EntryStatus(given["status"]),
            reason=given["status_reason"], retirement_date=given["retirement_date"],
            replacement=given["replacement"],
        )  # fmt: skip
        return f"{found.gateway_alias} is {EntryStatus(changed.status).label.lower()}."

    return _decide(request, entry_id, "status_form", StatusForm(request.POST), act)


@require_POST
def price(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Set the price from now on."""

    def act(user: User, found: CatalogEntry, form: PriceForm) -> str:
        services.add_price(actor=user, entry=found, **form.cleaned_data)
        return "The price counts from now on."

    return _decide(request, entry_id, "price_form", PriceForm(request.POST), act)


F = TypeVar("F", bound=forms.Form)


def _decide(
    request: HttpRequest,
    entry_id: UUID,
    name: str,
    form: F,
    act: Callable[[User, CatalogEntry, F], str],
) -> HttpResponse:
    """Act on a posted form; a refusal shows the card again with what was typed."""
    user = signed_in(request)
    found = selectors.entry_for(user, entry_id)
    require_manager(user)
    if form.is_valid():
        try:
            words = act(user, found, form)
        except DomainError as problem:
            _onto(form, problem)
            found = selectors.entry_for(user, entry_id)
            if problem.code == "card_changed":
                # The page shows the present card; whoever approves it next has seen that one.
                posted = request.POST.copy()
                posted["digest"] = found.digest()
                form.data = posted
        else:
            messages.success(request, words)
            return redirect("catalog:entry", entry_id=found.pk)
    return _card(request, user, found, given={name: form}, code=422)


def _onto(form: forms.Form, problem: DomainError) -> None:
    """Put a service's refusal beside the fields that it names, else above the form."""
    if isinstance(problem, Forbidden):
        raise problem
    named = [error for error in problem.errors if error.field in form.fields]
    for error in named:
        form.add_error(error.field, forms.ValidationError(error.message, code=error.code))
    if not named:
        form.add_error(None, forms.ValidationError(problem.message, code=problem.code))


def _card(
    request: HttpRequest,
    user: User,
    found: CatalogEntry,
    *,
    given: dict[str, forms.Form] | None = None,
    code: int = 200,
) -> HttpResponse:
    measurements = histories.measurements_of(found)
    today = now().date()
    context = {
        "entry": found,
        "status": EntryStatus(found.status),
        "facts": facts_of(found),
        "standing": standing_of(found),
        "prices": histories.price_periods(found),
        "measurements": measurements,
        "course": [one.row.latency_p95_ms for one in reversed(measurements)],
        "decisions": histories.decisions_of(found),
        "touching": histories.reports_touching(found),
        "witness": Witness(found.drift_witness).label if found.drift_witness else "",
        "expired": found.approval_expires is not None
        and found.approval_expires < today
        and found.status in selectors.USABLE,
        "digest": found.digest(),
        "may_manage": can_manage(user),
        "may_approve": may_approve(user, found),
        "facts_form": FactsForm.of(found),
        "approve_form": ApproveForm(initial={"digest": found.digest()}),
        "status_form": StatusForm(),
        "price_form": PriceForm(),
        "opened": next(iter(given), "") if given else "",
    }
    return render(request, "catalog/entry.html", context | (given or {}), status=code)
