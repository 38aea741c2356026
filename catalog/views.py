"""Pages of the catalog: list, card with history and decisions, synchronisation and its reports."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import selectors, services
from catalog.enums import Capability, DataClass, EntryStatus, Hosting, SyncState, TrainsOnData
from catalog.forms import (
    ApproveForm,
    FactsForm,
    FilterForm,
    PriceForm,
    ProposeForm,
    StatusForm,
)
from catalog.listing import listing
from catalog.models import CatalogEntry
from catalog.policies import can_manage, may_approve, require_manager
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.errors import DomainError, Forbidden


@require_safe
def catalog(request: HttpRequest) -> HttpResponse:
    """Show the list of models with its filters."""
    user = signed_in(request)
    found = listing(user, request.GET.dict())
    context = {
        "listing": found,
        "filters": FilterForm(found.wanted, selectors.providers()),
        "filtered": any(found.wanted.values()),
        "may_manage": can_manage(user),
        "last_report": selectors.last_report(),
    }
    return render(request, "catalog/list.html", context)


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
            actor=user, entry=found, expires=given["expires"], reason=given["reason"],
            units=units, tiers=given["tiers"],
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


@require_POST
def sync(request: HttpRequest) -> HttpResponse:
    """Synchronise with the gateway now, and show the report."""
    found = services.sync_from_gateway(actor=signed_in(request))
    if found.state == SyncState.FAILED:
        messages.error(request, found.message)
    else:
        messages.success(request, f"{found.read} models read from the gateway.")
    return redirect("catalog:report", report_id=found.pk)


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Show the newest reports."""
    context = {
        "reports": [(one, SyncState(one.state)) for one in selectors.reports()[:50]],
        "may_manage": can_manage(signed_in(request)),
    }
    return render(request, "catalog/reports.html", context)


@require_safe
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Show what one synchronisation found and did."""
    found = selectors.report_for(signed_in(request), report_id)
    context = {
        "report": found,
        "state": SyncState(found.state),
        "facts": [
            ("Models read", found.read),
            ("New", len(found.added)),
            ("Prices added", len(found.prices)),
            ("Differences", len(found.differences), "left as people decided"),
            ("No longer there", len(found.missing)),
            ("Skipped", len(found.problems), "values that are not sound"),
        ],
    }
    return render(request, "catalog/report.html", context)


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
    prices = list(found.prices.select_related("added_by")[:50])
    context = {
        "entry": found,
        "status": EntryStatus(found.status),
        "facts": _facts(found),
        "standing": _standing(found),
        "prices": prices,
        "digest": found.digest(),
        "may_manage": can_manage(user),
        "may_approve": may_approve(user, found),
        "facts_form": FactsForm.of(found),
        "approve_form": ApproveForm(),
        "status_form": StatusForm(),
        "price_form": PriceForm(),
        "opened": next(iter(given), "") if given else "",
    }
    return render(request, "catalog/entry.html", context | (given or {}), status=code)


def _facts(found: CatalogEntry) -> list[tuple[str, str, str]]:
    """The card's facts in words; the third says who set them."""

    def row(label: str, value: str, *names: str) -> tuple[str, str, str]:
        by = "set by a person" if set(names) & set(found.decided) else ""
        return (label, value or "not known", by)

    def tokens(value: int | None) -> str:
        return f"{value:,} tokens" if value is not None else ""

    abilities = [str(Capability(one).label) for one in Capability if one in found.capabilities]
    days = found.provider_retention_days
    kept = "" if days is None else "not kept" if days == 0 else f"{days} days"
    return [
        row("Provider", found.provider, "provider"),
        row("Model", found.model, "model"),
        row("Snapshot", found.snapshot, "snapshot"),
        row("Context", tokens(found.context_window), "context_window"),
        row("Longest answer", tokens(found.max_output_tokens), "max_output_tokens"),
        row("Abilities", ", ".join(abilities) or "text in, text out", "capabilities"),
        row("Hosting", Hosting(found.hosting).label if found.hosting else "", "hosting"),
        row("Regions", ", ".join(found.regions), "regions"),
        row(
            "May see",
            f"up to {DataClass(found.max_data_class).label.lower()} data"
            if found.max_data_class
            else "",
            "max_data_class",
        ),
        row(
            "Trains on data",
            TrainsOnData(found.trains_on_data).label if found.trains_on_data else "",
            "trains_on_data",
        ),
        row("Provider keeps data", kept, "provider_retention_days"),
        row("Licence", found.licence, "licence"),
        row("Known issues", found.known_issues, "known_issues"),
    ]


def _standing(found: CatalogEntry) -> list[tuple[str, str]]:
    rows = [
        ("Reason", found.status_reason),
        ("Card written by", str(found.proposed_by) if found.proposed_by else "the gateway"),
        ("Card reviewed by", str(found.card_reviewed_by) if found.card_reviewed_by else ""),
        ("Approved until", f"{found.approval_expires:%-d %b %Y}" if found.approval_expires else ""),
        ("Only for units", ", ".join(found.restricted_units)),
        ("Only for tiers", ", ".join(str(tier) for tier in found.restricted_tiers)),
        ("Deprecated", f"{found.deprecation_date:%-d %b %Y}" if found.deprecation_date else ""),
        ("Retired on", f"{found.retirement_date:%-d %b %Y}" if found.retirement_date else ""),
        ("Replacement", str(found.replacement) if found.replacement else ""),
    ]
    return [(label, value) for label, value in rows if value]
