"""The rows of the catalog as the API gives them; their shapes stand in `shapes`."""

from typing import Any

from catalog import histories
from catalog.models import CatalogEntry, Measurement, Preview, Price, Probe, SyncReport
from portal.common.canonical import jsonable

_CARD = (
    "summary", "open_weights", "licence", "card_url", "known_issues", "simulated",
    "status_reason", "approval_expires", "deprecation_date", "retirement_date",
    "latency_p50_ms", "latency_p95_ms", "tokens_per_second", "measured_at",
    "drift_answered", "drifted_since", "missing_since",
)  # fmt: skip


def price_body(row: Price) -> dict[str, Any]:
    """Return a price with the moment from which it counts."""
    return {
        "valid_from": row.valid_from.isoformat(),
        "in": jsonable(row.price_in),
        "cached": jsonable(row.price_cached),
        "out": jsonable(row.price_out),
        "per": 1_000_000,
        "currency": row.currency,
        "origin": row.origin,
        "source": row.source,
    }


def entry_body(entry: CatalogEntry, price: Price | None) -> dict[str, Any]:
    """Return a model with the price that counts now."""
    return {
        **jsonable(entry.material()),
        **{name: jsonable(getattr(entry, name)) for name in _CARD},
        "id": str(entry.pk),
        "digest": entry.digest(),
        "price": None if price is None else price_body(price),
    }


def measurement_body(row: Measurement) -> dict[str, Any]:
    """Return what one probe saw of one model."""
    return {
        "alias": row.entry.gateway_alias,
        "at": row.at.isoformat(),
        "n": row.answered,
        "calls": row.calls,
        "latency_p50_ms": row.latency_p50_ms,
        "latency_p95_ms": row.latency_p95_ms,
        "tokens_per_second": row.tokens_per_second,
        "pinned": row.pinned,
        "answered_as": row.answered_as,
        "standing": row.standing,
        "cost": jsonable(row.cost),
        "currency": row.currency,
        "problem": row.problem,
    }


def preview_body(found: Preview) -> dict[str, Any]:
    """Return a comparison with everything that it would change."""
    return {
        "id": str(found.pk),
        "state": found.state,
        "origin": found.origin,
        "filename": found.filename,
        "file_digest": found.file_digest,
        "digest": found.digest,
        "read": found.read,
        "report": str(found.report_id) if found.report_id else None,
        "plan": found.plan,
    }


def report_body(found: SyncReport) -> dict[str, Any]:
    """Return a reading with every line of it."""
    names = (
        "state", "origin", "filename", "file_digest", "preview_digest", "message", "read", "added",
        "missing", "prices", "updated", "differences", "problems",
    )  # fmt: skip
    return {
        "id": str(found.pk),
        "at": found.at.isoformat(),
        **{name: jsonable(getattr(found, name)) for name in names},
    }


def probe_body(found: Probe) -> dict[str, Any]:
    """Return a probe with what it has measured so far."""
    return {
        "id": str(found.pk),
        "state": found.state,
        "message": found.message,
        "calls_each": found.calls_each,
        "cap": found.cap,
        "spent": found.spent,
        "planned": found.planned,
        "skipped": found.skipped,
        "measured": [measurement_body(one.row) for one in histories.measured_by(found)],
    }
