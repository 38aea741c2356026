"""Bringing the catalog in line with what was read, and reporting all of it.

New models arrive as proposed, prices as new rows, and what people decided is never overwritten.
`catalog.planning` compares; here a plan is written, in one transaction, under one lock.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from catalog.enums import EntryStatus, PriceOrigin, Source, SyncState, Witness
from catalog.models import CatalogEntry, Preview, Price, SyncReport
from catalog.planning import Difference, Known, Plan, PriceChange, make_plan
from catalog.policies import require_manager
from catalog.reading import Reading, price_dict, read
from catalog.selectors import current_prices
from catalog.services.drift import clear_drift, mark_drift
from catalog.services.locks import announce
from catalog.signals import price_changed
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.gateway import cost
from portal.gateway.connection import connect
from portal.gateway.errors import GatewayError
from portal.gateway.types import ModelInfo

_SYNC_LOCK = 0x61737379_0002
BATCH = 500
LEFT_OUT = "left out when this was applied"


def sync_from_gateway(*, actor: User | None) -> SyncReport:
    """Ask the gateway for its models and synchronise; a gateway that fails leaves a report too.

    ``actor`` is None for the daily task and the command line. Raises Forbidden (role).
    """
    if actor is not None:
        require_manager(actor)
    try:
        infos = ask_gateway()
    except GatewayError as problem:
        return failed(actor, problem.message)
    return sync(actor=actor, infos=infos)


def ask_gateway() -> list[ModelInfo]:
    """Return what the gateway says of its models. Raises GatewayError."""

    async def ask() -> list[ModelInfo]:
        async with connect(max_connections=2) as client:
            return await client.model_info()

    return asyncio.run(ask())


@transaction.atomic
def sync(*, actor: User | None, infos: Sequence[ModelInfo]) -> SyncReport:
    """Bring the catalog in line with what the gateway says, without a preview.

    Raises Forbidden (role).
    """
    if actor is not None:
        require_manager(actor)
    lock_catalog()
    if not infos:
        return failed(actor, "The gateway lists no models; nothing was changed.")
    readings = [read(info) for info in infos]
    plan = make_plan(Source.GATEWAY, known_entries(Source.GATEWAY), readings)
    return carry_out(actor=actor, source=Source.GATEWAY, plan=plan, readings=readings)


def lock_catalog() -> None:
    """Let one reading at a time be compared and applied, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SYNC_LOCK])


def known_entries(source: Source, *, lock: bool = True) -> dict[str, Known]:
    """Return every entry by alias, with its price and what ``source`` said last; three queries.

    With ``lock`` nobody sets a price or a fact until the transaction ends.
    """
    found = CatalogEntry.objects.order_by("gateway_alias")
    if lock:
        found = found.select_for_update(no_key=True)
    # Before the prices: one that a person sets while this waits for the lock has to be seen.
    rows = list(found)
    prices = current_prices()
    origin = PriceOrigin.GATEWAY if source == Source.GATEWAY else PriceOrigin.PRICE_MAP
    last = (
        Price.objects.filter(origin=origin)
        .order_by("entry_id", "-valid_from", "-id")
        .distinct("entry_id")
    )
    told = {row.entry_id: row.as_price() for row in last}
    return {
        entry.gateway_alias: Known(entry, prices.get(entry.pk), told.get(entry.pk))
        for entry in rows
    }


def carry_out(
    *,
    actor: User | None,
    source: Source,
    plan: Plan,
    readings: Sequence[Reading] = (),
    read_count: int | None = None,
    leave_out: Collection[tuple[str, str]] = (),
    propose: Collection[str] = (),
    preview: Preview | None = None,
) -> SyncReport:
    """Write ``plan`` and return its report; the caller holds the catalog's lock.

    ``leave_out`` are (alias, field) of changes that are not wanted ("price" for a price),
    ``propose`` the names among ``plan.others`` that are added.
    """
    at = now()
    left = set(leave_out)
    plan.differences += [
        Difference(one.alias, one.field, one.before, one.after, LEFT_OUT)
        for one in plan.facts
        if (one.alias, one.field) in left
    ]
    plan.differences += [
        Difference(one.alias, "price", _dict(one.before), price_dict(one.after), LEFT_OUT)
        for one in plan.prices
        if (one.alias, "price") in left
    ]
    plan.facts = [one for one in plan.facts if (one.alias, one.field) not in left]
    plan.prices = [one for one in plan.prices if (one.alias, "price") not in left]
    wanted = set(propose)
    chosen = [one for one in plan.others if one.alias in wanted]
    filename = preview.filename if preview is not None else ""
    _facts(actor, source, plan)
    added = _add(actor, source, [*plan.new, *chosen], at)
    by_alias = {entry.gateway_alias: entry for entry in added}
    first = [
        PriceChange(one.alias, None, one.price)
        for one in (*plan.new, *chosen)
        if one.price is not None
    ]
    changed = _existing({one.alias for one in plan.prices})
    _prices(actor, source, filename, [*first, *plan.prices], by_alias | changed, at)
    for one in plan.prices:
        entry = changed[one.alias]
        announce(price_changed, entry, actor=actor, before=one.before, after=one.after)
    plan.prices = [*first, *plan.prices]
    if source == Source.GATEWAY:
        _snapshots(actor, plan)
        _presence([one.alias for one in readings], at)
    count = len(readings) if read_count is None else read_count
    return _report(actor, source, at, count, plan, list(by_alias), preview)


def _dict(price: cost.Price | None) -> dict[str, Any] | None:
    return None if price is None else price_dict(price)


def _existing(aliases: Iterable[str]) -> dict[str, CatalogEntry]:
    found = CatalogEntry.objects.filter(gateway_alias__in=list(aliases))
    return {entry.gateway_alias: entry for entry in found}


def _facts(actor: User | None, source: Source, plan: Plan) -> None:
    """Take the facts over; whoever imports material ones is the card's author from then on."""
    entries = _existing({one.alias for one in plan.facts})
    fields: dict[str, set[str]] = {}
    material = {alias: entry.digest() for alias, entry in entries.items()}
    for one in plan.facts:
        setattr(entries[one.alias], one.field, one.after)
        fields.setdefault(one.alias, set()).add(one.field)
    for alias, names in fields.items():
        entry = entries[alias]
        if source == Source.PRICE_MAP:
            entry.imported = sorted({*entry.imported, *names})
            # The command line has no author to name: it takes none away either.
            if actor is not None and entry.digest() != material[alias]:
                entry.proposed_by = entry.updated_by = actor
        entry.save(
            update_fields=(*sorted(names), "imported", "proposed_by", "updated_by", "updated_at")
        )


def _add(
    actor: User | None, source: Source, readings: Sequence[Reading], at: datetime
) -> list[CatalogEntry]:
    """Add models as proposed. What a person chose from a file is theirs, and another approves."""
    listed = source == Source.GATEWAY
    return CatalogEntry.objects.bulk_create(
        (
            CatalogEntry(
                gateway_alias=reading.alias,
                status=EntryStatus.PROPOSED,
                last_seen_at=at if listed else None,
                proposed_by=None if listed else actor,
                created_by=actor,
                updated_by=actor,
                **reading.facts,
            )
            for reading in readings
        ),
        batch_size=BATCH,
    )


def _prices(
    actor: User | None,
    source: Source,
    filename: str,
    changes: Sequence[PriceChange],
    entries: dict[str, CatalogEntry],
    at: datetime,
) -> None:
    # The report's one audit event covers all prices: the head of the chain is held but briefly.
    listed = source == Source.GATEWAY
    Price.objects.bulk_create(
        (
            Price(
                entry=entries[one.alias],
                valid_from=at,
                price_in=one.after.price_in,
                price_cached=one.after.price_cached,
                price_out=one.after.price_out,
                currency=one.after.currency,
                origin=PriceOrigin.GATEWAY if listed else PriceOrigin.PRICE_MAP,
                source="gateway" if listed else f"price map {filename}"[:120].strip(),
                added_by=actor,
            )
            for one in changes
        ),
        batch_size=BATCH,
    )


def _snapshots(actor: User | None, plan: Plan) -> None:
    entries = _existing(plan.snapshots)
    for alias, answered in plan.snapshots.items():
        if answered:
            mark_drift(
                actor=actor, entry=entries[alias], answered=answered, witness=Witness.LISTING
            )
        else:
            clear_drift(actor=actor, entry=entries[alias], witness=Witness.LISTING)


def _presence(aliases: Sequence[str], at: datetime) -> None:
    here = CatalogEntry.objects.filter(gateway_alias__in=aliases)
    here.update(last_seen_at=at, missing_since=None)
    gone = CatalogEntry.objects.exclude(gateway_alias__in=aliases)
    gone.filter(missing_since=None).update(missing_since=at)


def _report(
    actor: User | None,
    source: Source,
    at: datetime,
    read_count: int,
    plan: Plan,
    added: list[str],
    preview: Preview | None,
) -> SyncReport:
    told = plan.as_dict()
    lines = ("prices", "facts", "differences")
    touched = {*added, *plan.missing, *(row["alias"] for name in lines for row in told[name])}
    named = {one.alias for one in plan.problems} - touched
    touched.update(_existing(named))
    report = SyncReport.objects.create(
        at=at,
        state=SyncState.APPLIED,
        origin=source,
        filename=preview.filename if preview is not None else "",
        file_digest=preview.file_digest if preview is not None else "",
        preview_digest=preview.digest if preview is not None else "",
        read=read_count,
        added=added,
        missing=plan.missing,
        prices=told["prices"],
        updated=told["facts"],
        differences=told["differences"],
        problems=told["problems"],
        touched=sorted(touched),
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="catalog.synchronised" if source == Source.GATEWAY else "catalog.imported",
        kind="catalog_sync",
        ref=str(report.pk),
        detail={
            "read": read_count,
            "added": len(added),
            "missing": len(plan.missing),
            "prices": len(plan.prices),
            "facts": len(plan.facts),
            "problems": len(plan.problems),
            "preview": report.preview_digest,
            "file": report.file_digest,
        },
    )
    return report


@transaction.atomic
def failed(actor: User | None, message: str) -> SyncReport:
    """Leave a report of a gateway that could not be read; nothing else changes."""
    report = SyncReport.objects.create(
        at=now(), state=SyncState.FAILED, message=message[:400], created_by=actor, updated_by=actor
    )
    audit.record(
        actor=actor, action="catalog.sync_failed", kind="catalog_sync", ref=str(report.pk),
        detail={"message": report.message},
    )  # fmt: skip
    return report
