"""Comparing the catalog with a source over the API, applying what was shown, and the reports."""

from typing import IO, Any
from uuid import UUID

from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import histories, selectors, services
from catalog.api.answers import preview_body, report_body
from catalog.api.shapes import APPLY, PREVIEW, PRICE_MAP, REPORT, REPORTS
from catalog.enums import Source
from catalog.models import SyncReport
from catalog.policies import require_manager
from catalog.pricemap import MOST_BYTES
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    body_of,
    described,
    no_fields,
    page_response,
    query,
)
from portal.common.errors import Invalid

_MANAGERS = {403: "Only catalog managers do this."}


class PriceMapParser(BaseParser):
    """The file itself as the body, whole; `catalog.pricemap` reads it."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        """Return the bytes as ``file``, one more than are read at most."""
        return {"file": stream.read(MOST_BYTES + 1)}


class PriceMaps(Endpoint):
    """Comparing the catalog with a LiteLLM price map."""

    parser_classes = (PriceMapParser,)
    # The file is large, and a comparison that is made twice changes nothing.
    answers_once = False

    @described(
        takes=PRICE_MAP,
        gives=PREVIEW,
        status=201,
        optional=True,
        open_fields=True,
        parameters=[query("filename", "What the file is called, for the report.")],
        refuses={
            **_MANAGERS,
            400: "The body is no price map.",
            413: f"The file is larger than {MOST_BYTES // 2**20} MiB.",
        },
    )
    def post(self, request: Request) -> Response:
        """Compare the catalog with a price map, which is the body; nothing changes yet."""
        user = signed_in(request)
        require_manager(user)
        data = body_of(request).get("file", b"")
        name = request.query_params.get("filename", "")
        made = services.preview_price_map(actor=user, filename=name[:300], data=data)
        return Response(preview_body(made), status=201)


class GatewayReadings(Endpoint):
    """Comparing the catalog with the gateway."""

    # It asks the gateway, and keeps the report of a reading that failed.
    answers_once = False

    @described(
        gives=PREVIEW,
        status=201,
        refuses={**_MANAGERS, 503: "The gateway cannot be read, or lists nothing."},
    )
    def post(self, request: Request) -> Response:
        """Compare the catalog with what the gateway lists; nothing changes yet."""
        user = signed_in(request)
        require_manager(user)
        no_fields(request)
        return Response(preview_body(services.preview_gateway(actor=user)), status=201)


class PreviewDetail(Endpoint):
    """One comparison."""

    @described(gives=PREVIEW, refuses=_MANAGERS)
    def get(self, request: Request, preview_id: UUID) -> Response:
        """Show everything that a comparison would change."""
        user = signed_in(request)
        require_manager(user)
        return Response(preview_body(histories.preview_for(user, preview_id)))


class Applied(Endpoint):
    """Applying a comparison."""

    @described(takes=APPLY, gives=REPORT, status=201, refuses=_MANAGERS)
    def post(self, request: Request, preview_id: UUID) -> Response:
        """Apply the comparison that the digest names, all of it or nothing.

        409 preview_changed when the catalog is not what it was; read the preview again.
        """
        user = signed_in(request)
        require_manager(user)
        found = histories.preview_for(user, preview_id)
        body = body_of(request)
        digest = body.get("digest")
        if not isinstance(digest, str) or not digest:
            raise Invalid.field("digest", "required", "Send the digest of the preview.")
        report = services.apply_preview(
            actor=user,
            preview=found,
            digest=digest,
            leave_out=_left_out(body.get("leave_out", [])),
            propose=_names(body.get("propose", [])),
        )
        return Response(report_body(report), status=201)


def _left_out(given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, list) or not all(
        isinstance(one, dict)
        and set(one) == {"alias", "field"}
        and all(isinstance(value, str) for value in one.values())
        for one in given
    ):
        raise Invalid.field("leave_out", "invalid", "Send a list of {alias, field}.")
    return [(one["alias"], one["field"]) for one in given]


def _names(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Invalid.field("propose", "invalid", "Send a list of names.")
    return given


def _line(one: SyncReport) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "at": one.at.isoformat(),
        "state": one.state,
        "origin": Source(one.origin).value,
        "read": one.read,
        "message": one.message,
    }


class ReportList(Endpoint):
    """What was read."""

    @described(
        gives=REPORTS,
        parameters=[CURSOR],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request) -> Response:
        """List the readings, newest first, without their lines, in pages of 30."""
        signed_in(request)
        return page_response(request, selectors.reports(), _line, by="-at", size=30)


class ReportDetail(Endpoint):
    """One report."""

    @described(gives=REPORT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Show a reading with every line of it."""
        return Response(report_body(selectors.report_for(signed_in(request), report_id)))
