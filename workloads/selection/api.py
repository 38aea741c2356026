"""The shortlist over the API, for reading."""

from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.selection.models import Shortlist
from workloads.selection.selectors import shortlist_of


def _body(found: Shortlist) -> dict[str, Any]:
    return {
        "number": found.number,
        "digest": found.digest,
        "chosen_at": found.created_at.isoformat(),
        "chosen_by": str(found.created_by) if found.created_by else None,
        "filter": found.filter,
        "catalog_revision": found.catalog_revision,
        "considered": found.considered,
        "candidates": [
            {
                "alias": one.entry.gateway_alias,
                "outcome": one.outcome,
                "note": one.note,
                "reason": one.reason,
                "entry_digest": one.entry_digest,
            }
            for one in found.candidates.all()
        ],
    }


class ShortlistView(APIView):
    """The shortlist that counts in the workload's current cycle."""

    def get(self, request: Request, ref: str) -> Response:
        """Return it; 404 until one was chosen."""
        workload = workload_for(signed_in(request), ref)
        found = shortlist_of(current_cycle(workload))
        if found is None:
            raise Http404
        return Response(_body(found))


api_urlpatterns = [
    path("workloads/<str:ref>/shortlist", ShortlistView.as_view(), name="shortlist"),
]
