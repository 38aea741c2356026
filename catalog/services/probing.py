"""Running a probe: few short calls of each model, every one booked against the stated cap."""

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.enums import Answered, ProbeState, Witness
from catalog.models import CatalogEntry, Measurement, Probe
from catalog.probing import (
    MAX_TOKENS,
    MESSAGES,
    TIMEOUT_SECONDS,
    Call,
    figures,
    most_of,
    standing,
)
from catalog.selectors import price_of
from catalog.services.drift import clear_drift, mark_drift
from catalog.services.locks import locked_entry
from portal.audit import services as audit
from portal.common.clock import now
from portal.gateway import cost
from portal.gateway.client import GatewayClient
from portal.gateway.connection import connect
from portal.gateway.errors import GatewayError
from portal.gateway.types import CompletionRequest

# After this many seconds no further call is begun: the message in the queue must not come twice,
# and no other probe may start while this one still spends (`probes.STUCK_AFTER`).
LONGEST_SECONDS = 420.0


@dataclass(slots=True)
class _Seen:
    """What the calls of one model brought."""

    asked: int = 0
    calls: list[Call] = field(default_factory=list)
    cost: Decimal = Decimal(0)
    problem: str = ""


def run_probe(*, probe_id: UUID) -> Probe | None:
    """Measure what the probe planned and return it; None when another worker has it or it is over.

    What was measured is kept when it breaks off. A model that fails to answer is measured too: its
    row says so. A probe that was ended meanwhile, as one whose worker was lost, makes no call of a
    further model and keeps nothing more.
    """
    taken = Probe.objects.filter(pk=probe_id, state=ProbeState.QUEUED).update(
        state=ProbeState.RUNNING, started_at=now()
    )
    if not taken:
        return None
    probe = Probe.objects.get(pk=probe_id)
    message = ""
    until = time.monotonic() + LONGEST_SECONDS
    for place, line in enumerate(probe.planned):
        if time.monotonic() > until:
            message = f"Out of time after {place} of {len(probe.planned)} models."
            break
        try:
            message = _measure(probe, line, until)
        except _Ended:
            return None
        if message:
            break
    failed = bool(message) and not probe.measurements.exists()
    probe.state = ProbeState.FAILED if failed else ProbeState.COMPLETE
    probe.message, probe.ended_at = message[:400], now()
    return probe if _end(probe) else None


class _Ended(Exception):
    """The probe runs no longer: somebody else ended it."""


def _still_runs(probe: Probe, **values: Any) -> bool:
    """Write ``values`` if the probe still runs, which holds until the transaction ends."""
    row = Probe.objects.filter(pk=probe.pk, state=ProbeState.RUNNING)
    return row.update(spent=probe.spent, updated_at=now(), **values) == 1


@transaction.atomic
def _end(probe: Probe) -> bool:
    """End the probe and return True, or return False when it was ended already."""
    if not _still_runs(
        probe, state=probe.state, message=probe.message, ended_at=probe.ended_at
    ):  # fmt: skip
        return False
    audit.record(
        actor=probe.created_by,
        action="catalog.probe_ended",
        kind="catalog_probe",
        ref=str(probe.pk),
        detail={"state": probe.state, "spent": probe.spent, "message": probe.message},
    )
    return True


def _measure(probe: Probe, line: dict[str, Any], until: float) -> str:
    """Call one model and keep the figures; return why the whole probe cannot go on, or nothing.

    No call begins after ``until`` (of `time.monotonic`). Raises _Ended.
    """
    entry = CatalogEntry.objects.get(pk=line["entry"])
    price = price_of(entry)
    if price is None or price.currency != line["currency"]:
        return ""
    spent = Decimal(probe.spent.get(price.currency, "0"))
    room = Decimal(probe.cap[price.currency]) - spent
    try:
        seen = asyncio.run(_ask(entry, price, probe.calls_each, room, until))
    except GatewayError as problem:
        return problem.message
    if not seen.asked:
        return ""
    probe.spent[price.currency] = f"{spent + seen.cost:f}"
    _keep(probe, entry, price, seen)
    return ""


async def _ask(
    entry: CatalogEntry, price: cost.Price, calls: int, room: Decimal, until: float
) -> _Seen:
    seen = _Seen()
    async with connect(max_connections=1) as client:
        for _ in range(calls):
            if seen.cost + most_of(price, 1) > room or time.monotonic() > until:
                break
            seen.asked += 1
            if not await _one(client, entry, price, seen):
                break
    return seen


async def _one(client: GatewayClient, entry: CatalogEntry, price: cost.Price, seen: _Seen) -> bool:
    """Make one call and book it; return whether another one makes sense."""
    request = CompletionRequest(
        model=entry.gateway_alias,
        messages=MESSAGES,
        max_tokens=MAX_TOKENS,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    try:
        found = await client.complete(request)
    except GatewayError as problem:
        seen.problem = problem.message
        if problem.maybe_billed:
            seen.cost += most_of(price, 1)
        return problem.retryable
    listed = cost.cost(found.tokens_in, found.tokens_cached, found.tokens_out, price)
    seen.cost += cost.charged(found.gateway_cost, listed)
    seen.calls.append(Call(found.latency_ms, found.tokens_out, found.model))
    return True


@transaction.atomic
def _keep(probe: Probe, entry: CatalogEntry, price: cost.Price, seen: _Seen) -> None:
    if not _still_runs(probe):
        raise _Ended
    entry = locked_entry(entry.pk)
    result = figures(seen.calls)
    answers = sorted({call.model for call in seen.calls if call.model})
    names = (entry.gateway_alias, entry.model)
    how, other = standing(entry.snapshot, names, answers)
    if not seen.calls:
        how = Answered.SILENT
    at = now()
    Measurement.objects.create(
        entry=entry,
        probe=probe,
        at=at,
        calls=seen.asked,
        answered=len(seen.calls),
        latency_p50_ms=result.p50_ms,
        latency_p95_ms=result.p95_ms,
        tokens_per_second=result.tokens_per_second,
        pinned=entry.snapshot,
        answered_as=answers,
        standing=how,
        cost=cost.six_places(seen.cost),
        currency=price.currency,
        problem=seen.problem[:400],
    )
    if result.p50_ms is not None:
        entry.latency_p50_ms, entry.latency_p95_ms = result.p50_ms, result.p95_ms
        entry.tokens_per_second, entry.measured_at = result.tokens_per_second, at
        entry.save(
            update_fields=(
                "latency_p50_ms", "latency_p95_ms", "tokens_per_second", "measured_at",
                "updated_at",
            )
        )  # fmt: skip
    actor = probe.created_by
    if how == Answered.OTHER:
        mark_drift(actor=actor, entry=entry, answered=other, witness=Witness.PROBE)
    elif how == Answered.PINNED:
        clear_drift(actor=actor, entry=entry, witness=Witness.PROBE)
