"""Reading the catalog. Everybody who is signed in may see it; nobody else reaches these pages."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower
from django.http import Http404

from catalog.enums import DataClass, EntryStatus
from catalog.matching import ModelFacts
from catalog.models import CatalogEntry, Price, SyncReport
from portal.accounts.selectors import AnyUser
from portal.common.clock import now
from portal.common.readonce import read_once
from portal.gateway import cost

USABLE = (EntryStatus.APPROVED, EntryStatus.RESTRICTED, EntryStatus.DEPRECATED)
# Parameters of the list that filter.
FILTERS = (
    "q", "status", "provider", "hosting", "data_class", "region", "capability", "attention"
)  # fmt: skip
EXPIRING_DAYS = 30


def entries_for(user: AnyUser) -> QuerySet[CatalogEntry]:
    """Return the entries that ``user`` may see: all, for whoever is signed in."""
    return CatalogEntry.objects.all() if user.is_authenticated else CatalogEntry.objects.none()


def entry_for(user: AnyUser, entry_id: UUID) -> CatalogEntry:
    """Return one entry. Raises Http404."""
    found = (
        entries_for(user)
        .select_related("proposed_by", "card_reviewed_by", "replacement", "fine_tuned_from")
        .filter(pk=entry_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def filtered(rows: QuerySet[CatalogEntry], wanted: Mapping[str, str]) -> QuerySet[CatalogEntry]:
    """Return the rows that pass every filter.

    ``data_class`` means: may see data of that class. ``region`` and ``capability``: it is among
    them. ``attention`` is one of the keys of `attention`.
    """
    for name in ("provider", "hosting", "status"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("data_class"):
        least = DataClass.rank(wanted["data_class"])
        rows = rows.filter(max_data_class__in=DataClass.values[least:])
    for name, column in (("region", "regions"), ("capability", "capabilities")):
        if wanted.get(name):
            rows = rows.filter(**{f"{column}__contains": [wanted[name]]})
    if wanted.get("attention"):
        rows = rows.filter(attention()[wanted["attention"]])
    if wanted.get("q"):
        rows = rows.filter(searched__contains=Lower(Value(wanted["q"])))
    return rows


def attention() -> dict[str, Q]:
    """Return what makes somebody look at a model, by key."""
    today = now().date()
    soon = today + timedelta(days=EXPIRING_DAYS)
    usable = Q(status__in=USABLE)
    return {
        "drifted": Q(drifted_since__isnull=False),
        "expired": usable & Q(approval_expires__lt=today),
        "expiring": usable & Q(approval_expires__gte=today, approval_expires__lt=soon),
        "ending": Q(deprecation_date__lt=soon) & Q(status__in=(*USABLE, EntryStatus.PROPOSED)),
        "not_offered": Q(missing_since__isnull=False),
        "unmeasured": usable & Q(measured_at=None),
    }


@read_once
def entry_called(alias: str) -> CatalogEntry | None:
    """Return the entry with this gateway alias, or None."""
    return CatalogEntry.objects.filter(gateway_alias=alias).first()


def usable_entries(on: date | None = None) -> QuerySet[CatalogEntry]:
    """Return the entries that may be called on that day (today): approved and not expired."""
    day = on or now().date()
    return CatalogEntry.objects.filter(
        Q(retirement_date=None) | Q(retirement_date__gt=day),
        status__in=USABLE,
        approval_expires__gte=day,
    )


def price_row_of(entry: CatalogEntry, at: datetime | None = None) -> Price | None:
    """Return the price row that counts at a moment (now), or None."""
    return entry.prices.filter(valid_from__lte=at or now()).order_by("-valid_from", "-id").first()


def price_of(entry: CatalogEntry, at: datetime | None = None) -> cost.Price | None:
    """Return the price that counts at a moment (now) as cost is computed with it, or None."""
    row = price_row_of(entry, at)
    return row.as_price() if row is not None else None


def current_prices(entries: Iterable[CatalogEntry] | None = None) -> dict[UUID, Price]:
    """Return the price rows that count now by entry, in one query; None means of all entries."""
    rows = Price.objects.filter(valid_from__lte=now())
    if entries is not None:
        rows = rows.filter(entry__in=[entry.pk for entry in entries])
    found = rows.order_by("entry_id", "-valid_from", "-id").distinct("entry_id")
    return {row.entry_id: row for row in found}


def all_facts() -> list[ModelFacts]:
    """Return the facts of every entry with the price that counts now, by alias; two queries."""
    prices = current_prices()
    return [entry.facts(prices.get(entry.pk)) for entry in CatalogEntry.objects.all()]


def reports() -> QuerySet[SyncReport]:
    """Return the reports of synchronisations, newest first."""
    return SyncReport.objects.all()


def last_report() -> SyncReport | None:
    """Return the newest report, or None."""
    return SyncReport.objects.first()


def report_for(user: AnyUser, report_id: UUID) -> SyncReport:
    """Return one report. Raises Http404."""
    found = SyncReport.objects.filter(pk=report_id).first() if user.is_authenticated else None
    if found is None:
        raise Http404
    return found
