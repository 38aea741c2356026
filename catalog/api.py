"""The catalog over the API: entries with their history, readings in two steps, measuring."""

from typing import IO, Any
from uuid import UUID

from django.urls import path
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import histories, selectors, services
from catalog.enums import Source
from catalog.listing import ListedEntry, listing
from catalog.models import CatalogEntry, Measurement, Preview, Price, Probe, SyncReport
from catalog.policies import require_manager
from catalog.pricemap import MOST_BYTES
from portal.accounts.http import signed_in
from portal.common.canonical import jsonable
from portal.common.errors import FieldError, Invalid
from portal.common.pagination import page_of

_CARD = (
    "summary", "open_weights", "licence", "card_url", "known_issues", "simulated",
    "status_reason", "approval_expires", "deprecation_date", "retirement_date",
    "latency_p50_ms", "latency_p95_ms", "tokens_per_second", "measured_at",
    "drift_answered", "drifted_since", "missing_since",
)  # fmt: skip


def _price(row: Price) -> dict[str, Any]:
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


def _entry(entry: CatalogEntry, price: Price | None) -> dict[str, Any]:
    return {
        **jsonable(entry.material()),
        **{name: jsonable(getattr(entry, name)) for name in _CARD},
        "id": str(entry.pk),
        "digest": entry.digest(),
        "price": None if price is None else _price(price),
    }


def _listed(row: ListedEntry) -> dict[str, Any]:
    return _entry(row.entry, row.price)


def _measurement(row: Measurement) -> dict[str, Any]:
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


def _preview(found: Preview) -> dict[str, Any]:
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


def _report(found: SyncReport) -> dict[str, Any]:
    names = (
        "state", "origin", "filename", "file_digest", "preview_digest", "message", "read", "added",
        "missing", "prices", "updated", "differences", "problems",
    )  # fmt: skip
    return {
        "id": str(found.pk),
        "at": found.at.isoformat(),
        **{name: jsonable(getattr(found, name)) for name in names},
    }


def _probe(found: Probe) -> dict[str, Any]:
    return {
        "id": str(found.pk),
        "state": found.state,
        "message": found.message,
        "calls_each": found.calls_each,
        "cap": found.cap,
        "spent": found.spent,
        "planned": found.planned,
        "skipped": found.skipped,
        "measured": [_measurement(one.row) for one in histories.measured_by(found)],
    }


def _body(request: Request, *known: str) -> dict[str, Any]:
    """Return the posted object. Raises Invalid for another shape or an unknown field."""
    body = request.data
    if not isinstance(body, dict):
        raise Invalid(f"Send an object with {', '.join(known)}.")
    unknown = sorted(set(body) - set(known))
    if unknown:
        errors = [FieldError(one, "unknown_field", "Not a field of this call.") for one in unknown]
        raise Invalid("Unknown field.", errors=errors)
    return body


def _names(body: dict[str, Any], field: str) -> list[str]:
    found = body.get(field, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid.field(field, "invalid", "Send a list of names.")
    return found


class CatalogView(APIView):
    """The models of the catalog."""

    def get(self, request: Request) -> Response:
        """Return one page; the parameters are the filters of the list, and cursor."""
        found = listing(signed_in(request), request.query_params.dict())
        return Response(
            {"results": [_listed(row) for row in found.rows], "next_cursor": found.next_cursor}
        )


class EntryView(APIView):
    """One model."""

    def get(self, request: Request, entry_id: UUID) -> Response:
        """Return the card with its newest prices, decisions, measurements and readings."""
        entry = selectors.entry_for(signed_in(request), entry_id)
        return Response(
            {
                **_entry(entry, selectors.price_row_of(entry)),
                "prices": [_price(one.price) for one in histories.price_periods(entry)],
                "decisions": [
                    {
                        "at": one.row.at.isoformat(),
                        "before": one.before,
                        "after": one.after,
                        "reason": one.row.reason,
                        "decided_by": str(one.row.decided_by) if one.row.decided_by else None,
                        "approval_expires": jsonable(one.row.approval_expires),
                        "digest": one.row.digest,
                    }
                    for one in histories.decisions_of(entry)
                ],
                "measurements": [_measurement(one.row) for one in histories.measurements_of(entry)],
                "reports": [str(row.pk) for row, _ in histories.reports_touching(entry)],
            }
        )


class PriceMapParser(BaseParser):
    """The file itself as the body, whole; `catalog.pricemap` reads it."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        """Return the bytes as ``file``, one more than are read at most."""
        return {"file": stream.read(MOST_BYTES + 1)}


class PriceMaps(APIView):
    """Comparing the catalog with a LiteLLM price map."""

    parser_classes = (PriceMapParser,)

    def post(self, request: Request) -> Response:
        """Compare with the file that is the body; ``filename`` in the query names it."""
        user = signed_in(request)
        require_manager(user)
        body = request.data
        data = body.get("file", b"") if isinstance(body, dict) else b""
        name = request.query_params.get("filename", "")
        made = services.preview_price_map(actor=user, filename=name[:300], data=data)
        return Response(_preview(made), status=201)


class GatewayReadings(APIView):
    """Comparing the catalog with the gateway."""

    def post(self, request: Request) -> Response:
        """Ask the gateway and compare; nothing changes yet."""
        return Response(_preview(services.preview_gateway(actor=signed_in(request))), status=201)


class PreviewView(APIView):
    """One comparison."""

    def get(self, request: Request, preview_id: UUID) -> Response:
        """Return everything that it would change."""
        user = signed_in(request)
        require_manager(user)
        return Response(_preview(histories.preview_for(user, preview_id)))


class Applied(APIView):
    """Applying a comparison."""

    def post(self, request: Request, preview_id: UUID) -> Response:
        """Apply what ``digest`` names.

        ``leave_out`` lists {alias, field} that stay, ``propose`` names of the file to add ("*" for
        all). 409 preview_changed when the catalog is not what it was; read the preview again.
        """
        user = signed_in(request)
        require_manager(user)
        found = histories.preview_for(user, preview_id)
        body = _body(request, "digest", "leave_out", "propose")
        digest = body.get("digest")
        if not isinstance(digest, str) or not digest:
            raise Invalid.field("digest", "required", "Send the digest of the preview.")
        left = body.get("leave_out", [])
        if not isinstance(left, list) or not all(
            isinstance(one, dict)
            and set(one) == {"alias", "field"}
            and all(isinstance(value, str) for value in one.values())
            for one in left
        ):
            raise Invalid.field("leave_out", "invalid", "Send a list of {alias, field}.")
        report = services.apply_preview(
            actor=user,
            preview=found,
            digest=digest,
            leave_out=[(one["alias"], one["field"]) for one in left],
            propose=_names(body, "propose"),
        )
        return Response(_report(report), status=201)


class ReportList(APIView):
    """What was read."""

    def get(self, request: Request) -> Response:
        """Return one page of reports, newest first, without their lines."""
        signed_in(request)
        page = page_of(
            selectors.reports(), by="-at", cursor=request.query_params.get("cursor", ""), size=30
        )
        rows = [
            {
                "id": str(one.pk),
                "at": one.at.isoformat(),
                "state": one.state,
                "origin": Source(one.origin).value,
                "read": one.read,
                "message": one.message,
            }
            for one in page.rows
        ]
        return Response({"results": rows, "next_cursor": page.next_cursor})


class ReportView(APIView):
    """One report."""

    def get(self, request: Request, report_id: UUID) -> Response:
        """Return every line of it."""
        return Response(_report(selectors.report_for(signed_in(request), report_id)))


class ProbeList(APIView):
    """Measuring models."""

    def get(self, request: Request) -> Response:
        """State what measuring all usable models would call and cost."""
        user = signed_in(request)
        require_manager(user)
        plan = services.plan_probe(services.measurable())
        return Response(
            {
                "stated": plan.digest(),
                "calls_each": plan.calls_each,
                "worst_case": jsonable(plan.worst_case),
                "planned": plan.planned,
                "skipped": plan.skipped,
            }
        )

    def post(self, request: Request) -> Response:
        """Start what ``stated`` names; 409 when it is not that any more, or one is under way."""
        user = signed_in(request)
        require_manager(user)
        body = _body(request, "stated")
        stated = body.get("stated")
        if not isinstance(stated, str) or not stated:
            raise Invalid.field("stated", "required", "Send the digest of what was stated.")
        made = services.start_probe(actor=user, entries=services.measurable(), stated=stated)
        return Response(None if made is None else _probe(made), status=201)


class ProbeView(APIView):
    """One probe."""

    def get(self, request: Request, probe_id: UUID) -> Response:
        """Return how far it is and what it measured."""
        return Response(_probe(histories.probe_for(signed_in(request), probe_id)))


api_urlpatterns = [
    path("catalog", CatalogView.as_view(), name="catalog"),
    path("catalog/price-maps", PriceMaps.as_view()),
    path("catalog/readings", GatewayReadings.as_view()),
    path("catalog/previews/<uuid:preview_id>", PreviewView.as_view()),
    path("catalog/previews/<uuid:preview_id>/apply", Applied.as_view()),
    path("catalog/reports", ReportList.as_view()),
    path("catalog/reports/<uuid:report_id>", ReportView.as_view()),
    path("catalog/probes", ProbeList.as_view()),
    path("catalog/probes/<uuid:probe_id>", ProbeView.as_view()),
    path("catalog/<uuid:entry_id>", EntryView.as_view()),
]
