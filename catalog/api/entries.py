"""The models of the catalog over the API, each with its history."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from catalog import histories, selectors, services
from catalog.api.answers import entry_body, measurement_body, price_body
from catalog.api.asking import facts_in, text_in
from catalog.api.shapes import CARD, ENTRIES, ENTRY, PROPOSAL
from catalog.enums import Capability, DataClass, EntryStatus, Hosting
from catalog.listing import ATTENTION, listing
from catalog.policies import require_manager
from portal.accounts.http import signed_in
from portal.common.api import CURSOR, Endpoint, body_of, described, query
from portal.common.canonical import jsonable


class EntryList(Endpoint):
    """The models of the catalog."""

    @described(
        gives=ENTRIES,
        parameters=[
            query("q", "Text in the alias, provider, model or summary."),
            query("status", f"{', '.join(EntryStatus.values)}."),
            query("provider", "A provider."),
            query("hosting", f"{', '.join(Hosting.values)}."),
            query("data_class", f"May see data of this class: {', '.join(DataClass.values)}."),
            query("region", "A region."),
            query("capability", f"{', '.join(Capability.values)}."),
            query("attention", f"{', '.join(ATTENTION)}."),
            CURSOR,
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request) -> Response:
        """List the models that pass the filters, by alias, in pages of 50."""
        found = listing(signed_in(request), request.query_params.dict())
        return Response(
            {
                "results": [entry_body(row.entry, row.price) for row in found.rows],
                "next_cursor": found.next_cursor,
            }
        )

    @described(
        takes=PROPOSAL, gives=ENTRY, status=201, refuses={403: "Only catalog managers do this."}
    )
    def post(self, request: Request) -> Response:
        """Propose a model that the gateway does not list yet; somebody else approves it."""
        user = signed_in(request)
        require_manager(user)
        body = body_of(request)
        made = services.propose(
            actor=user, alias=text_in(body, "gateway_alias"), facts=facts_in(body)
        )
        return Response(entry_body(made, None), status=201)


class EntryDetail(Endpoint):
    """One model."""

    @described(gives=CARD)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Show a model with its newest prices, decisions, measurements and readings."""
        entry = selectors.entry_for(signed_in(request), entry_id)
        return Response(
            {
                **entry_body(entry, selectors.price_row_of(entry)),
                "prices": [price_body(one.price) for one in histories.price_periods(entry)],
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
                "measurements": [
                    measurement_body(one.row) for one in histories.measurements_of(entry)
                ],
                "reports": [str(row.pk) for row, _ in histories.reports_touching(entry)],
            }
        )
