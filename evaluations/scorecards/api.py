"""Scorecards over the API, read-only."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.selectors import scorecard_for, scorecards_for
from portal.accounts.http import signed_in
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


class Scorecards(APIView):
    """The scorecards of a workload, newest first."""

    def get(self, request: Request, ref: str) -> Response:
        """List them; ``next`` is the cursor of the next page, empty on the last."""
        user = signed_in(request)
        rows = scorecards_for(user, workload_for(user, ref)).defer("document")
        page = page_of(rows, by="-number", cursor=request.query_params.get("cursor", ""))
        return Response({"scorecards": [_line(one) for one in page.rows], "next": page.next_cursor})


class ScorecardDetail(APIView):
    """One scorecard with its document."""

    def get(self, request: Request, ref: str, number: int) -> Response:
        """Return it; the digest is SHA-256 over the document's canonical JSON (RFC 8785)."""
        found = scorecard_for(signed_in(request), ref, number)
        return Response(_line(found) | {"document": found.document})


api_urlpatterns = [
    path("workloads/<str:ref>/scorecards/", Scorecards.as_view()),
    path("workloads/<str:ref>/scorecards/<int:number>/", ScorecardDetail.as_view()),
]
