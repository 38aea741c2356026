"""The list of the catalog as the page and the API ask for it: filters, their counts, one page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Func, QuerySet

from catalog.enums import Capability, DataClass, EntryStatus, Hosting
from catalog.models import CatalogEntry, Price
from catalog.selectors import FILTERS, attention, current_prices, entries_for, filtered
from portal.accounts.selectors import AnyUser
from portal.common.errors import FieldError, Invalid
from portal.common.pagination import page_of
from portal.common.text import clean_text

Q_MOST = 200
# Values of a facet that are shown; the others are found by the text.
SHOWN = 12
ATTENTION = {
    "drifted": "Answers as another snapshot",
    "expired": "Approval has ended",
    "expiring": "Approval ends within 30 days",
    "ending": "Ends at the provider within 30 days",
    "not_offered": "Not offered by the gateway",
    "unmeasured": "Never measured",
}
_CHOICES = {
    "hosting": Hosting.values, "status": EntryStatus.values, "data_class": DataClass.values,
    "capability": Capability.values, "attention": list(ATTENTION),
}  # fmt: skip
_LABELS = {
    "status": "Status", "provider": "Provider", "hosting": "Hosting", "data_class": "May see",
    "region": "Region", "capability": "Can do", "attention": "Attention",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of the list with the price that counts now."""

    entry: CatalogEntry
    price: Price | None
    status: EntryStatus


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value: how many of the models that pass the other filters have it."""

    value: str
    label: str
    count: int
    chosen: bool
    query: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with its values, the most frequent first; ``cleared`` is the query without it."""

    name: str
    label: str
    values: list[FacetValue]
    chosen: str
    cleared: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, how many pass, and the filters that made it."""

    rows: list[ListedEntry]
    next_cursor: str
    wanted: dict[str, str]
    count: int = 0
    facets: list[Facet] = field(default_factory=list)


def wanted_from(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters in a query. Raises Invalid (unknown_filter, choice, max_length)."""
    unknown = sorted(set(parameters) - {*FILTERS, "cursor"})
    if unknown:
        raise Invalid(
            f"There is no filter {unknown[0][:60]}; use {', '.join(FILTERS)}.",
            code="unknown_filter",
            errors=[FieldError(unknown[0][:60], "unknown_filter", "No such filter.")],
        )
    found = {name: parameters.get(name, "") for name in FILTERS}
    for name, allowed in _CHOICES.items():
        if found[name] and found[name] not in allowed:
            raise Invalid.field(name, "choice", f"Choose one of: {', '.join(allowed)}.")
    for name in ("q", "provider", "region"):
        found[name] = clean_text(found[name], field=name, maximum=Q_MOST, single_line=True)
    return found


def listing(user: AnyUser, parameters: Mapping[str, str], *, facets: bool = False) -> Listing:
    """Return one page of the entries that pass the filters; as many queries for 5 rows as for 50.

    ``facets`` adds the counts per value of each filter. Raises Invalid (unknown_filter, choice,
    max_length, bad_cursor).
    """
    wanted = wanted_from(parameters)
    visible = entries_for(user)
    passing = filtered(visible, wanted)
    page = page_of(passing, by="gateway_alias", cursor=parameters.get("cursor", ""))
    prices = current_prices(page.rows)
    rows = [
        ListedEntry(entry, prices.get(entry.pk), EntryStatus(entry.status)) for entry in page.rows
    ]
    if not facets:
        return Listing(rows, page.next_cursor, wanted)
    return Listing(rows, page.next_cursor, wanted, passing.count(), facets_of(visible, wanted))


def facets_of(visible: QuerySet[CatalogEntry], wanted: Mapping[str, str]) -> list[Facet]:
    """Return every facet; each counts the models that pass all filters but its own."""
    return [_facet(visible, dict(wanted), name) for name in _LABELS]


def _facet(visible: QuerySet[CatalogEntry], wanted: dict[str, str], name: str) -> Facet:
    rest = {other: value for other, value in wanted.items() if value and other != name}
    counts = _counts(filtered(visible, rest), name)
    chosen = wanted.get(name, "")
    if chosen:
        counts.setdefault(chosen, 0)
    order = _CHOICES.get(name)
    names = (
        [value for value in order if value in counts]
        if order
        else sorted(counts, key=lambda value: (-counts[value], value))
    )
    shown = names if order else names[:SHOWN]
    if chosen and chosen not in shown:
        shown = [chosen, *shown]
    values = [
        FacetValue(
            value, label_of(name, value), counts[value], value == chosen,
            urlencode({**rest, name: value}),
        )
        for value in shown
    ]  # fmt: skip
    label = label_of(name, chosen) if chosen else ""
    return Facet(name, _LABELS[name], values, label, urlencode(rest), len(names) - len(shown))


def _counts(rows: QuerySet[CatalogEntry], name: str) -> dict[str, int]:
    rows = rows.order_by()
    if name == "attention":
        asked: dict[str, Any] = {
            key: Count("pk", filter=condition) for key, condition in attention().items()
        }
        return {key: n for key, n in rows.aggregate(**asked).items() if n}
    if name in ("region", "capability"):
        column = {"region": "regions", "capability": "capabilities"}[name]
        unnested = rows.annotate(value=Func(F(column), function="unnest"))
        return dict(unnested.values_list("value").annotate(n=Count("pk")))
    column = "max_data_class" if name == "data_class" else name
    found: dict[str, int] = dict(rows.values_list(column).annotate(n=Count("pk")))
    found.pop("", None)
    if name != "data_class":
        return found
    # May see confidential data: whoever may see that or more.
    at_least = {
        value: sum(found.get(higher, 0) for higher in DataClass.values[DataClass.rank(value) :])
        for value in DataClass.values
    }
    return {value: n for value, n in at_least.items() if n}


def label_of(name: str, value: str) -> str:
    """Return a filter's value in words."""
    if name == "attention":
        return ATTENTION[value]
    enums = {
        "status": EntryStatus, "hosting": Hosting, "data_class": DataClass,
        "capability": Capability,
    }  # fmt: skip
    return str(enums[name](value).label) if name in enums else value
