"""Measuring the models of the catalog over the API."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from catalog import histories, services
from catalog.api.answers import probe_body
from catalog.api.shapes import PROBE, PROBE_PLAN, PROBE_START
from catalog.policies import require_manager
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described
from portal.common.canonical import jsonable
from portal.common.errors import Invalid

_MANAGERS = {403: "Only catalog managers do this."}


class ProbeList(Endpoint):
    """Measuring models."""

    @described(gives=PROBE_PLAN, refuses=_MANAGERS)
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

    @described(takes=PROBE_START, gives=PROBE, status=201, refuses=_MANAGERS)
    def post(self, request: Request) -> Response:
        """Start measuring what was stated; 409 when that has changed, or one is under way."""
        user = signed_in(request)
        require_manager(user)
        stated = body_of(request).get("stated")
        if not isinstance(stated, str) or not stated:
            raise Invalid.field("stated", "required", "Send the digest of what was stated.")
        made = services.start_probe(actor=user, entries=services.measurable(), stated=stated)
        return Response(None if made is None else probe_body(made), status=201)


class ProbeDetail(Endpoint):
    """One probe."""

    @described(gives=PROBE)
    def get(self, request: Request, probe_id: UUID) -> Response:
        """Show how far a probe is and what it measured."""
        return Response(probe_body(histories.probe_for(signed_in(request), probe_id)))
