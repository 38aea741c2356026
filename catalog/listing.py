"""The list of the catalog as the page and the API ask for it: known filters, checked values."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.enums import DataClass, EntryStatus, Hosting
from catalog.models import CatalogEntry, Price
from catalog.selectors import FILTERS, current_prices, entries_for, filtered
from portal.accounts.selectors import AnyUser
from portal.common.errors import FieldError, Invalid
from portal.common.pagination import page_of
from portal.common.text import clean_text

Q_MOST = 200
_CHOICES = {
    "hosting": Hosting.values, "status": EntryStatus.values, "data_class": DataClass.values
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of the list with the price that counts now."""

    entry: CatalogEntry
    price: Price | None
    status: EntryStatus


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, and the filters that made it."""

    rows: list[ListedEntry]
    next_cursor: str
    wanted: dict[str, str]


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
    for name in ("q", "provider"):
        found[name] = clean_text(found[name], field=name, maximum=Q_MOST, single_line=True)
    return found


def listing(user: AnyUser, parameters: Mapping[str, str]) -> Listing:
    """Return one page of the entries that pass the filters; as many queries for 5 rows as for 50.

    Raises Invalid (unknown_filter, choice, max_length, bad_cursor).
    """
    wanted = wanted_from(parameters)
    page = page_of(
        filtered(entries_for(user), wanted),
        by="gateway_alias",
        cursor=parameters.get("cursor", ""),
    )
    prices = current_prices(page.rows)
    rows = [
        ListedEntry(entry, prices.get(entry.pk), EntryStatus(entry.status)) for entry in page.rows
    ]
    return Listing(rows, page.next_cursor, wanted)
