"""Proposing a model by hand, correcting its facts, and setting its price."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from catalog.enums import (
    Capability,
    Currency,
    DataClass,
    EntryStatus,
    Modality,
    PriceOrigin,
    TrainsOnData,
)
from catalog.models import CatalogEntry, Price
from catalog.policies import require_manager
from catalog.reading import HIGHEST_PRICE, Reading, read
from catalog.selectors import price_of
from catalog.services.drift import clear_drift
from catalog.services.locks import announce, locked_entry
from catalog.services.statuses import note_status
from catalog.signals import price_changed
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.text import clean_text
from portal.gateway.types import ModelInfo

# What a person may set, and how the gateway's reader calls it.
EDITABLE = (
    "provider", "model", "snapshot", "summary", "context_window", "max_output_tokens",
    "capabilities", "open_weights", "licence", "hosting", "regions", "max_data_class",
    "trains_on_data", "provider_retention_days", "card_url", "known_issues", "deprecation_date",
    "modalities", "fine_tuned_from",
)  # fmt: skip
_OWN = (
    "provider", "model", "context_window", "max_output_tokens", "capabilities", "modalities",
    "fine_tuned_from",
)  # fmt: skip


@transaction.atomic
def propose(*, actor: User, alias: str, facts: Mapping[str, Any]) -> CatalogEntry:
    """Add a model by hand, as proposed.

    Raises Forbidden (role), Invalid or Conflict (not_unique).
    """
    require_manager(actor)
    name = clean_text(alias, field="gateway_alias", minimum=1, maximum=200, single_line=True)
    if CatalogEntry.objects.filter(gateway_alias=name).exists():
        raise Conflict(f"{name} already exists in the catalog.", code="not_unique")
    sound = _sound(name, facts)
    entry = CatalogEntry(gateway_alias=name, proposed_by=actor, created_by=actor, updated_by=actor)
    for field, value in sound.items():
        setattr(entry, field, value)
    entry.decided = sorted(sound)
    entry.save(force_insert=True)
    _record(actor, entry, "catalog.entry_proposed", {"fields": sorted(sound)})
    return entry


@transaction.atomic
def set_facts(*, actor: User, entry: CatalogEntry, facts: Mapping[str, Any]) -> CatalogEntry:
    """Set facts by hand; what is set is never overwritten by a synchronisation.

    When a material fact changes, an approved or deprecated entry goes back to proposed, since what
    was approved is not what it is now, and the actor counts as the card's author who cannot approve
    it. Raises Forbidden (role) or Invalid.
    """
    require_manager(actor)
    entry = locked_entry(entry.pk)
    sound = _sound(entry.gateway_alias, facts)
    merged = {
        name: sound.get(name, getattr(entry, name))
        for name in ("context_window", "max_output_tokens")
    }
    if None not in merged.values() and merged["max_output_tokens"] > merged["context_window"]:
        raise Invalid.field(
            "max_output_tokens", "out_of_range",
            f"An answer cannot be longer than the context of {merged['context_window']:,} tokens.",
        )  # fmt: skip
    _require_public(
        sound.get("trains_on_data", entry.trains_on_data),
        sound.get("max_data_class", entry.max_data_class),
    )
    if sound.get("fine_tuned_from") == entry:
        raise Invalid.field("fine_tuned_from", "choice", "A model is not tuned from itself.")
    changed = sorted(name for name in sound if getattr(entry, name) != sound[name])
    if not changed:
        return entry
    material = entry.digest()
    for name in changed:
        setattr(entry, name, sound[name])
    entry.decided = sorted({*entry.decided, *changed})
    before = entry.status
    relied_on = entry.digest() != material
    if relied_on:
        entry.proposed_by, entry.card_reviewed_by = actor, None
    if relied_on and before in (
        EntryStatus.APPROVED, EntryStatus.RESTRICTED, EntryStatus.DEPRECATED
    ):  # fmt: skip
        entry.status = EntryStatus.PROPOSED
        entry.status_reason = "Facts were changed by hand; the card has to be approved again."
        entry.approved_at = None
    entry.updated_by = actor
    entry.save()
    _record(actor, entry, "catalog.facts_set", {"fields": changed, "digest": entry.digest()})
    if "snapshot" in changed:
        clear_drift(actor=actor, entry=entry, witness=None)
    if entry.status != before:
        note_status(actor=actor, entry=entry, before=before)
    return entry


@transaction.atomic
def add_price(
    *, actor: User, entry: CatalogEntry, price_in: Decimal, price_out: Decimal,
    price_cached: Decimal | None = None, currency: str = Currency.USD, source: str = "",
) -> Price:  # fmt: skip
    """Set the price from now on, per million tokens. Raises Forbidden (role) or Invalid."""
    require_manager(actor)
    entry = locked_entry(entry.pk)
    errors = [
        FieldError(name, "out_of_range", f"Enter an amount from 0 to {HIGHEST_PRICE:,}.")
        for name, value in (
            ("price_in", price_in), ("price_out", price_out), ("price_cached", price_cached)
        )
        if value is not None and not (value.is_finite() and 0 <= value <= HIGHEST_PRICE)
    ]  # fmt: skip
    if currency not in Currency.values:
        errors.append(FieldError("currency", "choice", f"One of {', '.join(Currency.values)}."))
    if errors:
        raise Invalid("The price is not valid.", errors=errors)
    words = clean_text(source, field="source", maximum=120, single_line=True)
    before = price_of(entry)
    row = Price.objects.create(
        entry=entry,
        valid_from=now(),
        price_in=price_in,
        price_cached=price_cached,
        price_out=price_out,
        currency=currency,
        origin=PriceOrigin.PERSON,
        source=words or f"set by {actor}"[:120],
        added_by=actor,
    )
    _record(
        actor, entry, "catalog.price_added",
        {"price_in": price_in, "price_out": price_out, "currency": currency},
    )  # fmt: skip
    announce(price_changed, entry, actor=actor, before=before, after=row.as_price())
    return row


def _sound(alias: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Read a person's facts by the rules that the gateway's are read by."""
    unknown = sorted(set(facts) - set(EDITABLE))
    if unknown:
        raise Invalid.field(unknown[0], "unknown_field", "The card has no such field.")
    abilities = facts.get("capabilities", [])
    if not isinstance(abilities, list) or not set(abilities) <= set(Capability.values):
        known = ", ".join(Capability.values)
        raise Invalid.field("capabilities", "choice", f"Choose from: {known}.")
    inputs = facts.get("modalities", [])
    if not isinstance(inputs, list) or not set(inputs) <= set(Modality.values):
        known = ", ".join(Modality.values)
        raise Invalid.field("modalities", "choice", f"Choose from: {known}.")
    reading: Reading = read(
        ModelInfo(
            alias=alias,
            provider=str(facts.get("provider") or ""),
            model=str(facts.get("model") or ""),
            context_window=facts.get("context_window"),
            max_output_tokens=facts.get("max_output_tokens"),
            capabilities=tuple(abilities),
            extra={name: value for name, value in facts.items() if name not in _OWN},
        )
    )
    if reading.problems:
        raise Invalid(
            "Some facts are not valid; nothing was changed.",
            errors=[
                FieldError(one.field, "invalid", f"{one.message[:1].upper()}{one.message[1:]}.")
                for one in reading.problems
            ],
        )
    wanted = {name for name in facts if name in reading.facts}
    if "capabilities" in wanted:
        wanted.add("modalities")
    sound = {name: reading.facts[name] for name in wanted}
    if inputs:
        # Whoever reads images takes images in.
        both = {*inputs, *sound.get("modalities", [])}
        sound["modalities"] = [one for one in Modality.values if one in both]
    if facts.get("fine_tuned_from"):
        sound["fine_tuned_from"] = named_entry("fine_tuned_from", str(facts["fine_tuned_from"]))
    return sound


def named_entry(field: str, alias: str) -> CatalogEntry:
    """Return the entry that a person named. Raises Invalid naming ``field``."""
    name = clean_text(alias, field=field, maximum=200, single_line=True)
    found = CatalogEntry.objects.filter(gateway_alias=name).first()
    if found is None:
        raise Invalid.field(field, "choice", f"The catalog has no model called {name[:60]}.")
    return found


def _require_public(trains: str, seen: str) -> None:
    if trains == TrainsOnData.YES and seen not in ("", DataClass.PUBLIC):
        raise Invalid.field(
            "max_data_class", "training",
            "A provider that trains on what it is sent may see public data only.",
        )  # fmt: skip


def _record(actor: User, entry: CatalogEntry, action: str, detail: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor, action=action, kind="catalog_entry", ref=entry.gateway_alias, detail=detail
    )
