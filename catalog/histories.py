"""What happened to one entry: prices, decisions, measurements, and the readings that touched it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from catalog.enums import Answered, EntryStatus, PriceOrigin, Source
from catalog.models import (
    CatalogEntry,
    Measurement,
    Preview,
    Price,
    Probe,
    StatusChange,
    SyncReport,
)
from catalog.policies import can_manage
from portal.accounts.selectors import AnyUser

SHOWN = 50


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """A price and until when it counted; ``until`` None is: until now."""

    price: Price
    origin: PriceOrigin
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its statuses as enums, so that a page can show their tone."""

    row: StatusChange
    before: EntryStatus
    after: EntryStatus


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement and as what the model answered."""

    row: Measurement
    standing: Answered


def price_periods(entry: CatalogEntry) -> list[PricePeriod]:
    """Return the newest prices, newest first, each with the moment at which the next one began."""
    rows = list(entry.prices.select_related("added_by")[:SHOWN])
    ends: list[datetime | None] = [None, *(row.valid_from for row in rows)]
    return [
        PricePeriod(row, PriceOrigin(row.origin), until)
        for row, until in zip(rows, ends, strict=False)
    ]


def decisions_of(entry: CatalogEntry) -> list[Decided]:
    """Return the newest decisions, newest first."""
    rows = entry.decisions.select_related("decided_by")[:SHOWN]
    return [Decided(row, EntryStatus(row.before), EntryStatus(row.after)) for row in rows]


def measurements_of(entry: CatalogEntry, limit: int = SHOWN) -> list[Measured]:
    """Return the newest measurements, newest first."""
    return [Measured(row, Answered(row.standing)) for row in entry.measurements.all()[:limit]]


def reports_touching(entry: CatalogEntry) -> list[tuple[SyncReport, Source]]:
    """Return the newest readings in which this entry was added, changed, differed or was missed."""
    rows = SyncReport.objects.filter(touched__contains=[entry.gateway_alias])
    return [(row, Source(row.origin)) for row in rows.defer("problems", "differences")[:SHOWN]]


def preview_for(user: AnyUser, preview_id: UUID) -> Preview:
    """Return a preview, for those who may apply one. Raises Http404."""
    found = Preview.objects.filter(pk=preview_id).first() if can_manage(user) else None
    if found is None:
        raise Http404
    return found


def offered_by(preview: Preview) -> list[dict[str, Any]]:
    """Return the stored readings of a price map that may be proposed.

    They are its chat models that no entry stands for and whose name no entry has.
    """
    if preview.origin != Source.PRICE_MAP:
        return []
    ours = set(preview.plan["via"].values())
    names = [
        one["alias"] for one in preview.readings if one["is_chat"] and one["alias"] not in ours
    ]
    ours.update(
        CatalogEntry.objects.filter(gateway_alias__in=names).values_list("gateway_alias", flat=True)
    )
    return [one for one in preview.readings if one["is_chat"] and one["alias"] not in ours]


def probe_for(user: AnyUser, probe_id: UUID) -> Probe:
    """Return one probe; whoever is signed in may read it. Raises Http404."""
    found = Probe.objects.filter(pk=probe_id).first() if user.is_authenticated else None
    if found is None:
        raise Http404
    return found


def measured_by(probe: Probe) -> Sequence[Measured]:
    """Return what a probe has measured so far, in order of alias."""
    rows: QuerySet[Measurement] = probe.measurements.select_related("entry")
    return [Measured(row, Answered(row.standing)) for row in rows.order_by("entry__gateway_alias")]


def last_good_report() -> SyncReport | None:
    """Return the newest reading of the gateway that succeeded, or None."""
    return SyncReport.objects.filter(origin=Source.GATEWAY, state="applied").first()


def last_gateway_report() -> SyncReport | None:
    """Return the newest reading of the gateway, however it ended, or None."""
    return SyncReport.objects.filter(origin=Source.GATEWAY).first()
