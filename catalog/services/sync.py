"""Synchronising the catalog with the gateway: read, check, add, and report what was left alone.

A new model arrives as proposed. Facts of an entry that nobody decided about follow the gateway;
of one that was decided they are compared and reported. Prices are rows, added when they changed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from catalog.enums import EntryStatus, SyncState
from catalog.models import CatalogEntry, Price, SyncReport
from catalog.policies import require_manager
from catalog.reading import Problem, Reading, jump, read
from catalog.selectors import current_prices
from catalog.services.locks import announce
from catalog.signals import alias_drifted, price_changed
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import jsonable
from portal.common.clock import now
from portal.gateway import cost
from portal.gateway.connection import connect
from portal.gateway.errors import GatewayError
from portal.gateway.types import ModelInfo

_SYNC_LOCK = 0x61737379_0002
SOURCE = "gateway"
# Facts that nobody relies on when they approve; they follow the gateway always.
FREE = ("summary", "licence", "known_issues", "open_weights", "simulated", "card_url")
LISTED = 500


@dataclass(slots=True)
class _Found:
    """What one synchronisation gathers for its report."""

    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    prices: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def sync_from_gateway(*, actor: User | None) -> SyncReport:
    """Ask the gateway for its models and synchronise; a gateway that fails leaves a report too.

    ``actor`` is None for the daily task and the command line. Raises Forbidden (role).
    """
    if actor is not None:
        require_manager(actor)
    try:
        infos = asyncio.run(_read_gateway())
    except GatewayError as problem:
        return _failed(actor, problem.message)
    return sync(actor=actor, infos=infos)


async def _read_gateway() -> list[ModelInfo]:
    async with connect(max_connections=2) as client:
        return await client.model_info()


@transaction.atomic
def sync(*, actor: User | None, infos: Sequence[ModelInfo]) -> SyncReport:
    """Bring the catalog in line with what the gateway says, and report all of it.

    Human decisions are never overwritten. Raises Forbidden (role).
    """
    if actor is not None:
        require_manager(actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SYNC_LOCK])
    if not infos:
        return _failed(actor, "The gateway lists no models; nothing was changed.")
    at, found = now(), _Found()
    readings = {reading.alias: reading for reading in map(read, infos)}
    entries = {
        entry.gateway_alias: entry
        for entry in CatalogEntry.objects.select_for_update(no_key=True).order_by("gateway_alias")
    }
    prices = current_prices()
    for alias, reading in sorted(readings.items()):
        found.problems += reading.problems
        entry = entries.get(alias)
        if not reading.is_chat:
            found.problems.append(Problem(alias, "mode", "no chat model; not listed"))
            continue
        if entry is None:
            entry = _add(reading, at)
            found.added.append(alias)
        else:
            _compare(entry, reading, found)
        row = prices.get(entry.pk)
        _price(entry, row.as_price() if row else None, reading, found)
    _presence(entries, readings, at, found)
    return _report(actor, at, len(infos), found)


def _add(reading: Reading, at: datetime) -> CatalogEntry:
    return CatalogEntry.objects.create(
        gateway_alias=reading.alias, last_seen_at=at, **reading.facts
    )


def _compare(entry: CatalogEntry, reading: Reading, found: _Found) -> None:
    free = entry.status == EntryStatus.PROPOSED and entry.card_reviewed_by_id is None
    changed = []
    facts = _fitting(entry, reading, found)
    for name, value in facts.items():
        before = getattr(entry, name)
        if before == value:
            continue
        told = {"alias": entry.gateway_alias, "field": name}
        if name not in entry.decided and (free or name in FREE):
            setattr(entry, name, value)
            changed.append(name)
            found.updated.append({**told, "before": jsonable(before), "after": jsonable(value)})
        else:
            found.differences.append(
                {**told, "catalog": jsonable(before), "gateway": jsonable(value)}
            )
            if name == "snapshot" and before:
                announce(alias_drifted, entry, pinned=before, answered=value)
    if changed:
        entry.save(update_fields=(*changed, "updated_at"))


def _fitting(entry: CatalogEntry, reading: Reading, found: _Found) -> dict[str, Any]:
    """Leave out sizes that jump absurdly, or would not fit the size that stays."""
    facts = dict(reading.facts)
    for name in ("context_window", "max_output_tokens"):
        before, after = getattr(entry, name), facts.get(name)
        if before and after and (after > before * 10 or after * 10 < before):
            del facts[name]
            message = f"from {before:,} to {after:,}: more than 10 times"
            found.problems.append(Problem(entry.gateway_alias, name, message))
    sizes = [
        facts.get(name, getattr(entry, name)) if name not in entry.decided else getattr(entry, name)
        for name in ("context_window", "max_output_tokens")
    ]
    if None not in sizes and sizes[1] > sizes[0]:
        facts.pop("context_window", None)
        facts.pop("max_output_tokens", None)
        message = f"an answer of {sizes[1]:,} does not fit a context of {sizes[0]:,}"
        found.problems.append(Problem(entry.gateway_alias, "max_output_tokens", message))
    return facts


def _price(entry: CatalogEntry, before: cost.Price | None, reading: Reading, found: _Found) -> None:
    after = reading.price
    if after is None or after == before:
        return
    absurd = jump(before, after) if before is not None else ""
    if absurd:
        found.problems.append(Problem(entry.gateway_alias, "price", absurd))
        return
    # The report's one audit event covers all prices: the head of the chain is held but briefly.
    Price.objects.create(
        entry=entry,
        valid_from=now(),
        price_in=after.price_in,
        price_cached=after.price_cached,
        price_out=after.price_out,
        currency=after.currency,
        source=SOURCE,
    )
    announce(price_changed, entry, before=before, after=after)
    found.prices.append(
        {
            "alias": entry.gateway_alias,
            "before": _amounts(before),
            "after": _amounts(after),
            "currency": after.currency,
        }
    )


def _amounts(price: cost.Price | None) -> dict[str, Any] | None:
    if price is None:
        return None
    return {
        "in": jsonable(price.price_in),
        "cached": jsonable(price.price_cached),
        "out": jsonable(price.price_out),
    }


def _presence(
    entries: dict[str, CatalogEntry], readings: dict[str, Reading], at: datetime, found: _Found
) -> None:
    here = [entry.pk for alias, entry in entries.items() if alias in readings]
    gone = [entry for alias, entry in entries.items() if alias not in readings]
    CatalogEntry.objects.filter(pk__in=here).update(last_seen_at=at, missing_since=None)
    CatalogEntry.objects.filter(pk__in=[entry.pk for entry in gone], missing_since=None).update(
        missing_since=at
    )
    found.missing += sorted(entry.gateway_alias for entry in gone)


def _report(actor: User | None, at: datetime, read_count: int, found: _Found) -> SyncReport:
    report = SyncReport.objects.create(
        at=at,
        state=SyncState.APPLIED,
        read=read_count,
        added=found.added[:LISTED],
        missing=found.missing[:LISTED],
        prices=found.prices[:LISTED],
        updated=found.updated[:LISTED],
        differences=found.differences[:LISTED],
        problems=[one.as_dict() for one in found.problems[:LISTED]],
        created_by=actor,
        updated_by=actor,
    )
    audit.record(
        actor=actor,
        action="catalog.synchronised",
        kind="catalog_sync",
        ref=str(report.pk),
        detail={
            "read": read_count,
            "added": len(found.added),
            "missing": len(found.missing),
            "prices": len(found.prices),
            "problems": len(found.problems),
        },
    )
    return report


@transaction.atomic
def _failed(actor: User | None, message: str) -> SyncReport:
    report = SyncReport.objects.create(
        at=now(), state=SyncState.FAILED, message=message[:400], created_by=actor, updated_by=actor
    )
    audit.record(
        actor=actor, action="catalog.sync_failed", kind="catalog_sync", ref=str(report.pk),
        detail={"message": report.message},
    )  # fmt: skip
    return report
