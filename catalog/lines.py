"""The lines of a preview or a report as a page shows them: bounded, in words, grouped by reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.models import CatalogEntry
from portal.shell import formats

# Rows of one kind that a page shows; the API gives all of them.
SHOWN = 200
NAMED = 30
_FIELDS = {
    "context_window": "Context",
    "max_output_tokens": "Longest answer",
    "max_data_class": "May see",
    "trains_on_data": "Trains on data",
    "provider_retention_days": "Provider keeps data",
    "card_url": "Model card",
    "deprecation_date": "Ends at the provider",
    "price_in": "Price in",
    "price_out": "Price out",
    "price_cached": "Price cached in",
    "price": "Price",
    "mode": "Kind of model",
}


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A price before and after; amounts are text as stored, ``change`` a signed percentage."""

    alias: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    currency: str
    change: str
    via: str
    key: str


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact before and after, or what stays and what was said, with the reason."""

    alias: str
    label: str
    before: str
    after: str
    why: str
    via: str
    key: str


@dataclass(frozen=True, slots=True)
class SkippedGroup:
    """Everything that was skipped for one reason: how many, and the first names."""

    reason: str
    field: str
    count: int
    names: str
    more: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Everything that a preview or a report lists; ``hidden`` counts what a page leaves out."""

    prices: list[PriceLine]
    facts: list[FactLine]
    differences: list[FactLine]
    skipped: list[SkippedGroup]
    hidden: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model that would be, or may be, proposed; amounts are as pages write money."""

    alias: str
    provider: str
    context: int | None
    price_in: str
    price_out: str
    chosen: bool = False


def model_line(reading: Mapping[str, Any], *, chosen: bool = False) -> ModelLine:
    """Return the line of a stored reading."""
    facts, price = reading["facts"], reading["price"]
    if price is None:
        price_in = price_out = formats.MISSING
    else:
        price_in, price_out = (
            formats.money(Decimal(price[name]), price["currency"]) for name in ("in", "out")
        )
    return ModelLine(
        reading["alias"], facts.get("provider", ""), facts.get("context_window"), price_in,
        price_out, chosen,
    )  # fmt: skip


def lines_of(told: Mapping[str, Any]) -> Lines:
    """Return the lines of a stored plan or report."""
    # Said only where the source knows a model under another name.
    via = {alias: name for alias, name in told.get("via", {}).items() if alias != name}
    kinds = ("prices", "facts", "differences")
    hidden = {name: max(0, len(told[name]) - SHOWN) for name in kinds}
    return Lines(
        [_price(place, row, via) for place, row in enumerate(told["prices"][:SHOWN])],
        [_fact(place, row, via) for place, row in enumerate(told["facts"][:SHOWN])],
        [_difference(row, via) for row in told["differences"][:SHOWN]],
        _skipped(told["problems"], set(told.get("via", {}))),
        hidden,
    )


def words(value: Any) -> str:
    """Return a stored value as a page writes it."""
    if value is None or value in ("", []):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, Mapping) and "in" in value:
        cached = f", cached {value['cached']}" if value.get("cached") is not None else ""
        return f"{value['in']} in{cached}, {value['out']} out {value.get('currency', '')}".strip()
    return str(value)


def field_label(name: str) -> str:
    """Return a field's name as pages write it."""
    if name in _FIELDS:
        return _FIELDS[name]
    known = {field.name for field in CatalogEntry._meta.get_fields()}
    return name.replace("_", " ").capitalize() if name in known else name


def _price(place: int, row: Mapping[str, Any], via: Mapping[str, str]) -> PriceLine:
    before, after = row["before"], row["after"]
    return PriceLine(
        row["alias"], before, after, row["currency"], _change(before, after),
        via.get(row["alias"], ""), f"price:{place}",
    )  # fmt: skip


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """Return by how much the dearer half moved, such as "+25 %"."""
    if before is None:
        return "first price"
    if before.get("currency", after["currency"]) != after["currency"]:
        return "other currency"
    moves = [
        (Decimal(after[name]) - Decimal(before[name])) / Decimal(before[name])
        for name in ("in", "out")
        if Decimal(before[name])
    ]
    if not moves:
        return ""
    most = max(moves, key=abs)
    sign = "+" if most > 0 else "\N{MINUS SIGN}" if most < 0 else ""
    return f"{sign}{abs(most) * 100:.0f}\N{NARROW NO-BREAK SPACE}%"


def _fact(place: int, row: Mapping[str, Any], via: Mapping[str, str]) -> FactLine:
    return FactLine(
        row["alias"], field_label(row["field"]), words(row["before"]), words(row["after"]), "",
        via.get(row["alias"], ""), f"fact:{place}",
    )  # fmt: skip


def _difference(row: Mapping[str, Any], via: Mapping[str, str]) -> FactLine:
    return FactLine(
        row["alias"], field_label(row["field"]), words(row["catalog"]), words(row["gateway"]),
        row.get("why", ""), via.get(row["alias"], ""), "",
    )  # fmt: skip


def _skipped(problems: Sequence[Mapping[str, str]], ours: set[str]) -> list[SkippedGroup]:
    """Return what was skipped by reason: what concerns our own aliases first, then the rarest."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in problems:
        groups.setdefault((one["message"], one["field"]), []).append(one["alias"])
    ordered = sorted(
        groups.items(), key=lambda item: (ours.isdisjoint(item[1]), len(item[1]), item[0])
    )
    return [
        SkippedGroup(
            reason, field_label(field), len(names), ", ".join(names[:NAMED]),
            max(0, len(names) - NAMED),
        )
        for (reason, field), names in ordered[:SHOWN]
    ]  # fmt: skip
