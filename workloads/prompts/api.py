"""Prompts over the API: the committed versions, read-only."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from workloads.lifecycle.selectors import workload_for
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version, version_of, versions_of


def _line(version: PromptVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "digest": version.digest,
        "note": version.note,
        "tokens": version.tokens,
        "committed_at": version.created_at.isoformat(),
        "committed_by": str(version.created_by) if version.created_by else None,
    }


class PromptVersions(APIView):
    """The committed versions of a workload's prompt, newest first."""

    def get(self, request: Request, ref: str) -> Response:
        """List them; ``candidate`` is the number that evaluation uses."""
        workload = workload_for(signed_in(request), ref)
        candidate = candidate_version(workload)
        return Response(
            {
                "candidate": candidate.number if candidate else None,
                "versions": [_line(version) for version in versions_of(workload)[:200]],
            }
        )


class PromptVersionDetail(APIView):
    """One committed version with its content."""

    def get(self, request: Request, ref: str, number: int) -> Response:
        """Return it."""
        version = version_of(workload_for(signed_in(request), ref), number)
        return Response(_line(version) | {"content": version.content})


api_urlpatterns = [
    path("workloads/<str:ref>/prompts/", PromptVersions.as_view()),
    path("workloads/<str:ref>/prompts/<int:number>/", PromptVersionDetail.as_view()),
]
