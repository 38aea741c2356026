"""The versions of a brief, and the difference of any two, as JSON."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, described, query
from workloads.briefs.api.shapes import DIFFERENCE, EDITION, EDITIONS
from workloads.briefs.changes import classify
from workloads.briefs.selectors import Edition, edition_numbered, editions_of, two_editions
from workloads.lifecycle.consequences import consequences
from workloads.lifecycle.selectors import current_cycle, workload_for


def _summary(one: Edition) -> dict[str, Any]:
    return {
        "number": one.number,
        "draft": one.draft,
        "digest": one.digest,
        "tier": one.tier,
        "at": one.at.isoformat(),
        "by": str(one.by) if one.by else None,
    }


class VersionsView(Endpoint):
    """Every version of the brief of the current cycle, the draft included."""

    @described(gives=EDITIONS)
    def get(self, request: Request, ref: str) -> Response:
        """List the versions of the brief, newest first, with a draft that differs from them."""
        workload = workload_for(signed_in(request), ref)
        return Response(
            {"results": [_summary(one) for one in editions_of(current_cycle(workload))]}
        )


class VersionView(Endpoint):
    """One version."""

    @described(gives=EDITION)
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a version of the brief: its answers, KPIs and tier."""
        workload = workload_for(signed_in(request), ref)
        found = edition_numbered(editions_of(current_cycle(workload)), number)
        return Response(
            _summary(found) | {"content": found.content, "assessment": found.assessment}
        )


class CompareView(Endpoint):
    """What differs between two versions, and what that does to the phases."""

    @described(
        gives=DIFFERENCE,
        parameters=[
            query("from", "The number of the former version; by default the one before ``to``."),
            query("to", "The number of the later version; by default the newest."),
        ],
    )
    def get(self, request: Request, ref: str) -> Response:
        """Show what differs between two versions of the brief, and which phases that touches."""
        workload = workload_for(signed_in(request), ref)
        former, later = request.query_params.get("from", ""), request.query_params.get("to", "")
        before, after = two_editions(editions_of(current_cycle(workload)), former, later)
        changes = classify(before.content, after.content) if before and after else []
        return Response(
            {
                "from": before.number if before else None,
                "to": after.number if after else None,
                "changes": [
                    {"code": one.code, "field": one.field, "kpi": one.kpi, "detail": one.detail}
                    for one in changes
                ],
                "consequences": [
                    {"phase": one.phase.key, "impact": one.impact.value}
                    for one in consequences([change.code for change in changes], "scoping")
                ],
            }
        )


api_urlpatterns = [
    path("workloads/<str:ref>/brief/versions", VersionsView.as_view(), name="brief-versions"),
    path(
        "workloads/<str:ref>/brief/versions/<int:number>",
        VersionView.as_view(),
        name="brief-version",
    ),
    path("workloads/<str:ref>/brief/compare", CompareView.as_view(), name="brief-compare"),
]
