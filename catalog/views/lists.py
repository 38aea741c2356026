"""The list of models with its facets, and models side by side."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import histories
from catalog.comparing import MOST, MOST_TOKENS, TOKENS_IN, TOKENS_OUT, Compared
from catalog.comparing import compare as rows_of
from catalog.enums import EntryStatus, SyncState
from catalog.listing import listing
from catalog.policies import can_manage
from catalog.selectors import current_prices, entries_for
from portal.accounts.http import signed_in
from portal.accounts.models import User
from portal.common.clock import now
from portal.common.errors import Invalid

# The gateway is read daily; one missed day is no news, two are.
STALE_AFTER = timedelta(hours=49)


@require_safe
def catalog(request: HttpRequest) -> HttpResponse:
    """Show the list of models with its facets."""
    user = signed_in(request)
    found = listing(user, request.GET.dict(), facets=True)
    context = {
        "listing": found,
        "filtered": any(found.wanted.values()),
        "hidden": {name: value for name, value in found.wanted.items() if value and name != "q"},
        "most": MOST,
        "may_manage": can_manage(user),
        **_freshness(),
    }
    return render(request, "catalog/list.html", context)


def _freshness() -> dict[str, Any]:
    """Return how fresh the catalog is: the last reading, the last good one, and what to say."""
    last = histories.last_gateway_report()
    good = last
    if last is not None and last.state == SyncState.FAILED:
        good = histories.last_good_report()
    return {
        "last_report": last,
        "last_good": good,
        "sync_failed": last is not None and last.state == SyncState.FAILED,
        "stale": good is not None and now() - good.at > STALE_AFTER,
    }


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show up to four models side by side: ``entry`` up to four times, and the size of a request.

    Unknown parameters, ids that are none and sizes out of range are refused with 400.
    """
    user = signed_in(request)
    unknown = sorted(set(request.GET) - {"entry", "tokens_in", "tokens_out", "only"})
    if unknown:
        raise Invalid(f"There is no parameter {unknown[0][:60]}.", code="unknown_filter")
    models = _compared(user, request.GET.getlist("entry"))
    sizes = {
        "tokens_in": _size(request, "tokens_in", TOKENS_IN),
        "tokens_out": _size(request, "tokens_out", TOKENS_OUT),
    }
    only = request.GET.get("only", "") == "differences"
    context = {
        "models": [{"entry": one.entry, "status": EntryStatus(one.entry.status)} for one in models],
        "groups": rows_of(models, only_differences=only, **sizes) if len(models) > 1 else [],
        "only": only,
        "most": MOST,
        **sizes,
    }
    return render(request, "catalog/compare.html", context)


def _compared(user: User, given: list[str]) -> list[Compared]:
    ids = []
    for one in dict.fromkeys(given):
        try:
            ids.append(UUID(one))
        except ValueError as problem:
            raise Invalid("That is no model of the catalog.", code="choice") from problem
    if len(ids) > MOST:
        raise Invalid(
            f"Compare at most {MOST} models at once; {len(ids)} are ticked.", code="too_many"
        )
    found = {entry.pk: entry for entry in entries_for(user).filter(pk__in=ids)}
    entries = [found[one] for one in ids if one in found]
    prices = current_prices(entries)
    return [Compared(entry, prices.get(entry.pk)) for entry in entries]


def _size(request: HttpRequest, name: str, usual: int) -> int:
    raw = request.GET.get(name, "").strip()
    if not raw:
        return usual
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10 and int(raw) <= MOST_TOKENS):
        raise Invalid.field(name, "out_of_range", f"Give tokens from 0 to {MOST_TOKENS:,}.")
    return int(raw)
