"""Scorecards over the API, read-only."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, IntegerField

from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.selectors import scorecard_for, scorecards_for
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, described, query, shape
from portal.common.pagination import page_of
from workloads.lifecycle.selectors import workload_for


def _line(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "number": scorecard.number,
        "cycle": scorecard.cycle.number,
        "purpose": scorecard.purpose,
        "run": str(scorecard.run_id),
        "digest": scorecard.digest,
        "published_at": scorecard.created_at.isoformat(),
    }


_LINE = {
    "number": IntegerField(),
    "cycle": IntegerField(),
    "purpose": CharField(),
    "run": CharField(),
    "digest": CharField(),
    "published_at": CharField(),
}


class Scorecards(Endpoint):
    """The scorecards of a workload, newest first."""

    @described(
        gives=shape(
            "Scorecards",
            {"results": shape("ScorecardLine", _LINE, many=True), "next_cursor": CharField()},
        ),
        parameters=[query("cursor", "The `next_cursor` of the page before.")],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the scorecards of a workload, newest first."""
        user = signed_in(request)
        rows = scorecards_for(user, workload_for(user, ref)).defer("document")
        page = page_of(rows, by="-number", cursor=request.query_params.get("cursor", ""))
        return Response(
            {"results": [_line(one) for one in page.rows], "next_cursor": page.next_cursor}
        )


class ScorecardDetail(Endpoint):
    """One scorecard with its document."""

    @described(gives=shape("Scorecard", {**_LINE, "document": DictField()}))
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a scorecard with its document.

        The digest is SHA-256 over the document's canonical JSON (RFC 8785).
        """
        found = scorecard_for(signed_in(request), ref, number)
        return Response(_line(found) | {"document": found.document})


api_urlpatterns = [
    path("workloads/<str:ref>/scorecards", Scorecards.as_view()),
    path("workloads/<str:ref>/scorecards/<int:number>", ScorecardDetail.as_view()),
]
