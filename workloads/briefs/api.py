"""The brief over the API: the same selector and the same service as the page, strictly."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from portal.common.canonical import jsonable
from portal.common.errors import Conflict, Invalid
from portal.common.strictjson import NotJson
from workloads.briefs import kpis, selectors, services
from workloads.briefs.models import Brief
from workloads.lifecycle.selectors import current_cycle, workload_for

_KPI_FIELDS = {*kpis.FIELDS, "id", "owner", "delete"}


def _body(brief: Brief) -> dict[str, Any]:
    assessment = selectors.assessment_of(brief)
    version = selectors.committed_version(brief)
    return {
        "workload": brief.cycle.workload.ref,
        "cycle": brief.cycle.number,
        "row_version": brief.row_version,
        "answers": jsonable(brief.answers()),
        "kpis": [
            {
                "id": str(kpi.pk),
                "owner": str(kpi.owner_id) if kpi.owner_id else None,
                **{name: jsonable(getattr(kpi, name)) for name in kpis.FIELDS},
            }
            for kpi in brief.kpi_rows()
        ],
        "digest": brief.digest(),
        "version": version.number if version else None,
        "tier": assessment.as_dict() | {"missing": list(assessment.missing)},
    }


def _row_version(request: Request) -> int:
    raw = request.headers.get("If-Match", "").strip().strip('"')
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise Conflict(
            'Send the row version that you read, for example If-Match: "3".',
            code="version_required",
        )
    return int(raw)


class BriefView(APIView):
    """The brief of the workload's current cycle."""

    def get(self, request: Request, ref: str) -> Response:
        """Return the answers, KPIs and tier; ETag is the row version."""
        workload = workload_for(signed_in(request), ref)
        brief = selectors.brief_of(current_cycle(workload))
        return _answer(brief)

    def patch(self, request: Request, ref: str) -> Response:
        """Change the answers given, or with one that is not valid nothing; needs If-Match.

        ``kpis``, when given, is the whole list. 409 version_conflict when the brief changed since.
        """
        user = signed_in(request)
        workload = workload_for(user, ref)
        if request.headers.get("Content-Length", "0") in ("", "0"):
            # The framework hands over an empty object when there is no body at all.
            raise NotJson("The body is not valid JSON: it is empty.")
        answers, rows = _read(request.data)
        saved = services.save_draft(
            actor=user,
            workload=workload,
            row_version=_row_version(request),
            answers=answers,
            kpis=rows,
            strict=True,
        )
        return _answer(saved.brief)


def _answer(brief: Brief) -> Response:
    return Response(_body(brief), headers={"ETag": f'"{brief.row_version}"'})


def _read(body: Any) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    if not isinstance(body, dict):
        raise Invalid("Send an object with the answers to change.")
    answers = {str(name): value for name, value in body.items() if name != "kpis"}
    rows = body.get("kpis")
    if rows is None:
        return answers, None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid.field("kpis", "invalid", "Give a list of KPI objects.")
    for index, row in enumerate(rows):
        unknown = sorted(set(row) - _KPI_FIELDS)
        if unknown:
            raise Invalid.field(
                f"kpis[{index}].{unknown[0]}", "unknown_field", "A KPI has no such field."
            )
    return answers, rows


api_urlpatterns = [path("workloads/<str:ref>/brief", BriefView.as_view(), name="brief")]
