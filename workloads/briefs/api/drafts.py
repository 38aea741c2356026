"""The brief over the API: the same selector and the same service as the page, strictly."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, header, no_fields, shape
from portal.common.canonical import jsonable
from portal.common.errors import Conflict, Forbidden, Invalid
from workloads.briefs import kpis, selectors, services
from workloads.briefs.api.shapes import BRIEF, CHANGE, OVERRIDE, TIER
from workloads.briefs.models import Brief, TierOverride
from workloads.briefs.obligations import obligations_for
from workloads.briefs.policies import OF_THE_DECISION, can_end, can_raise
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


class BriefView(Endpoint):
    """The brief of the workload's current cycle."""

    @described(gives=BRIEF)
    def get(self, request: Request, ref: str) -> Response:
        """Show the brief's answers, KPIs and tier; ETag is the row version."""
        workload = workload_for(signed_in(request), ref)
        brief = selectors.brief_of(current_cycle(workload))
        return _answer(brief)

    @described(
        takes=CHANGE,
        gives=BRIEF,
        parameters=[header("If-Match", "The row version that you read.", required=True)],
    )
    def patch(self, request: Request, ref: str) -> Response:
        """Change the answers given; with one that is not valid, nothing. Needs If-Match.

        ``kpis``, when given, is the whole list. 409 version_conflict when the brief changed since.
        """
        user = signed_in(request)
        workload = workload_for(user, ref)
        answers, rows = _read(body_of(request))
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


def _read(body: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    answers = {name: value for name, value in body.items() if name != "kpis"}
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


def _override(override: TierOverride) -> dict[str, Any]:
    return {
        "id": str(override.pk),
        "tier": override.tier,
        "computed": override.computed,
        "state": override.state,
        "reason": override.reason,
        "proposed_by": str(override.proposed_by),
        "seconded_by": str(override.seconded_by) if override.seconded_by else None,
        "end_reason": override.end_reason,
    }


def _tier(brief: Brief) -> dict[str, Any]:
    assessment = selectors.assessment_of(brief)
    return {
        "tier": assessment.tier,
        "computed": assessment.computed,
        "prohibited": assessment.prohibited,
        "missing": list(assessment.missing),
        "floors": [
            {"field": one.field, "tier": one.tier, "reason": one.reason}
            for one in assessment.floors
        ],
        "obligations": [
            {
                "article": one.article,
                "title": one.title,
                "asks": one.asks,
                "roles": list(one.roles),
                "applies_from": one.applies_from.isoformat(),
                "originally": one.originally.isoformat() if one.originally else None,
            }
            for one in obligations_for(brief)
        ],
        "overrides": [_override(one) for one in selectors.overrides_of(brief)],
        "note": "A company policy aid, not legal advice; confirm with counsel.",
    }


_OVERRIDE = shape("BriefTierOverride", OVERRIDE)


class OverrideBody(serializers.Serializer[Any]):
    """Another tier and why."""

    tier = serializers.IntegerField(min_value=1, max_value=4)
    reason = serializers.CharField(max_length=2_000)


class EndBody(serializers.Serializer[Any]):
    """Why a decision ends."""

    reason = serializers.CharField(max_length=2_000)


class TierView(Endpoint):
    """The risk tier of the current cycle's brief."""

    @described(gives=TIER)
    def get(self, request: Request, ref: str) -> Response:
        """Show the tier with its floors, the law's duties and every decision on it."""
        workload = workload_for(signed_in(request), ref)
        return Response(_tier(selectors.brief_of(current_cycle(workload))))

    @described(takes=OverrideBody, gives=_OVERRIDE, status=201)
    def post(self, request: Request, ref: str) -> Response:
        """Raise the tier, or propose a lower one (which waits for a second person)."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        brief = selectors.brief_of(current_cycle(workload))
        verdict = can_raise(user, brief)
        if not verdict:
            raise Forbidden(verdict.message, code=verdict.rule)
        body = OverrideBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        tier = body.validated_data["tier"]
        lower = tier < selectors.assessment_of(brief).tier
        decide = services.propose_lower_tier if lower else services.raise_tier
        made = decide(
            actor=user, workload=workload, tier=tier, reason=body.validated_data["reason"]
        )
        return Response(_override(made), status=201)


class ConfirmTierView(Endpoint):
    """The second person of a lower tier."""

    @described(gives=_OVERRIDE)
    def post(self, request: Request, ref: str, override_id: UUID) -> Response:
        """Confirm a proposed lower tier, as its second person."""
        user = signed_in(request)
        override = selectors.override_for(user, ref, override_id)
        no_fields(request)
        return Response(_override(services.confirm_lower_tier(actor=user, override=override)))


class EndTierView(Endpoint):
    """The end of a decision on the tier."""

    @described(takes=EndBody, gives=_OVERRIDE)
    def post(self, request: Request, ref: str, override_id: UUID) -> Response:
        """End a decision on the tier, or take a proposal back."""
        user = signed_in(request)
        override = selectors.override_for(user, ref, override_id)
        verdict = can_end(user, override)
        if not verdict and verdict.rule not in OF_THE_DECISION:
            raise Forbidden(verdict.message, code=verdict.rule)
        body = EndBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        ended = services.end_override(
            actor=user, override=override, reason=body.validated_data["reason"]
        )
        return Response(_override(ended))


api_urlpatterns = [
    path("workloads/<str:ref>/brief", BriefView.as_view(), name="brief"),
    path("workloads/<str:ref>/brief/tier", TierView.as_view(), name="brief_tier"),
    path(
        "workloads/<str:ref>/brief/tier/<uuid:override_id>/confirm",
        ConfirmTierView.as_view(),
        name="brief_tier_confirm",
    ),
    path(
        "workloads/<str:ref>/brief/tier/<uuid:override_id>/end",
        EndTierView.as_view(),
        name="brief_tier_end",
    ),
]
