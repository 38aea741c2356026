"""Criteria and campaigns over the API."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, FloatField, IntegerField

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, no_fields, shape
from portal.common.errors import FieldError, Invalid
from workloads.lifecycle import policies
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.reviews import services
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import campaigns_of, criteria_of, last_executions

FIELDS = {
    "title", "metric", "comparator", "threshold", "rule", "min_n", "margin", "scope", "category",
    "kpi",
}  # fmt: skip


def _text(request: Request, name: str) -> str:
    """Return the text called ``name`` of the body, "" when it is not there. Raises Invalid."""
    value = body_of(request).get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "This is a text.")
    return value


def _decimal(value: Any, field: str) -> Decimal:
    try:
        if isinstance(value, bool) or value is None:
            raise InvalidOperation
        number = Decimal(str(value))
        if not number.is_finite():
            raise InvalidOperation
    except InvalidOperation as problem:
        raise Invalid.field(field, "invalid", "Enter a number.") from problem
    return number


def _criterion(data: Any, index: int) -> services.CriterionInput:
    where = f"criteria[{index}]"
    if not isinstance(data, dict):
        raise Invalid.field(where, "invalid", "A criterion is an object.")
    unknown = sorted(set(data) - FIELDS)
    if unknown:
        raise Invalid.field(f"{where}.{unknown[0]}", "unknown_field", "Not a field of a criterion.")
    texts = {}
    for name in ("title", "metric", "comparator", "rule", "scope", "category", "kpi"):
        value = data.get(name, {"scope": "overall", "category": "evaluation"}.get(name, ""))
        if not isinstance(value, str):
            raise Invalid.field(f"{where}.{name}", "invalid", "This is a text.")
        texts[name] = value
    min_n = data.get("min_n", 1)
    if isinstance(min_n, bool) or not isinstance(min_n, int):
        raise Invalid.field(f"{where}.min_n", "invalid_integer", "Enter a whole number.")
    margin = data.get("margin")
    return services.CriterionInput(
        threshold=_decimal(data.get("threshold", 0), f"{where}.threshold"),
        margin=None if margin is None else _decimal(margin, f"{where}.margin"),
        min_n=min_n,
        **texts,
    )


def criteria_body(found: CriteriaSet) -> dict[str, Any]:
    """Return a criteria version as the API shows it."""
    return {
        "version": found.version,
        "author": str(found.author),
        "locked_at": found.locked_at.isoformat() if found.locked_at else None,
        "locked_by": str(found.locked_by) if found.locked_by else None,
        "digest": found.digest,
        "criteria": [
            {name: _plain(getattr(one, name)) for name in sorted(FIELDS)}
            for one in found.criteria.all()
        ],
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def campaign_body(found: Campaign) -> dict[str, Any]:
    """Return a campaign with its executions as the API shows it."""
    return {
        "number": found.number,
        "build": found.build.number,
        "criteria_version": found.criteria_set.version,
        "state": found.state,
        "verdict": found.verdict,
        "digest": found.digest,
        "runs": found.runs,
        "executions": [
            {
                "criterion": e.criterion.title,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "n": e.n,
                "missing": e.missing,
                "verdict": e.verdict,
                "message": e.words,
            }
            for e in last_executions(found).values()
        ],
    }


_CRITERION = {
    "title": CharField(),
    "metric": CharField(),
    "comparator": CharField(help_text=">=, > , <= or <."),
    "threshold": CharField(help_text="A number."),
    "rule": CharField(help_text="point, interval_bound or not_worse."),
    "min_n": IntegerField(required=False),
    "margin": CharField(required=False, allow_null=True, help_text="A number, for not_worse."),
    "scope": CharField(required=False, help_text="overall, or a slice such as kind:edge."),
    "category": CharField(required=False),
    "kpi": CharField(required=False),
}
_CRITERIA = {
    "version": IntegerField(),
    "author": CharField(),
    "locked_at": CharField(allow_null=True),
    "locked_by": CharField(allow_null=True),
    "digest": CharField(),
    "criteria": shape("Criterion", _CRITERION, many=True),
}
_WRITTEN = shape("CriteriaAnswer", {"criteria": shape("CriteriaVersion", _CRITERIA)})
_CAMPAIGN = {
    "number": IntegerField(),
    "build": IntegerField(),
    "criteria_version": IntegerField(),
    "state": CharField(),
    "verdict": CharField(),
    "digest": CharField(),
    "runs": DictField(),
    "executions": shape(
        "Execution",
        {
            "criterion": CharField(),
            "value": FloatField(allow_null=True),
            "low": FloatField(allow_null=True),
            "high": FloatField(allow_null=True),
            "n": IntegerField(),
            "missing": IntegerField(),
            "verdict": CharField(),
            "message": CharField(),
        },
        many=True,
    ),
}


class Criteria(Endpoint):
    """The present criteria version."""

    @described(
        gives=shape(
            "CriteriaOrNone",
            {"criteria": shape("CriteriaVersion", _CRITERIA, allow_null=True)},
        )
    )
    def get(self, request: Request, ref: str) -> Response:
        """Show the present criteria, or null before anything was written."""
        found = criteria_of(current_cycle(workload_for(signed_in(request), ref)))
        return Response({"criteria": criteria_body(found) if found else None})

    @described(
        takes=shape("CriteriaDraft", {"criteria": shape("Criterion", _CRITERION, many=True)}),
        gives=_WRITTEN,
    )
    def put(self, request: Request, ref: str) -> Response:
        """Write the draft of the criteria; 409 criteria_locked once it is locked."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        policies.require(user, workload, "edit")
        data = body_of(request).get("criteria")
        if not isinstance(data, list):
            raise Invalid("Send a list.", errors=[FieldError("criteria", "required", "A list.")])
        rows = [_criterion(one, index) for index, one in enumerate(data)]
        made = services.write_criteria(actor=user, workload=workload, criteria=rows)
        return Response({"criteria": criteria_body(made)})


class NewCriteriaVersion(Endpoint):
    """A new version of locked criteria."""

    @described(takes=shape("CriteriaReopened", {"reason": CharField()}), gives=_WRITTEN, status=201)
    def post(self, request: Request, ref: str) -> Response:
        """Open a new version of the criteria, with a reason.

        Campaigns that tested against the old one become void.
        """
        user = signed_in(request)
        made = services.new_criteria_version(
            actor=user, workload=workload_for(user, ref), reason=_text(request, "reason")
        )
        return Response({"criteria": criteria_body(made)}, status=201)


class LockCriteria(Endpoint):
    """The lock."""

    @described(gives=_WRITTEN)
    def post(self, request: Request, ref: str, version: int) -> Response:
        """Lock a version of the criteria."""
        user = signed_in(request)
        cycle = current_cycle(workload_for(user, ref))
        no_fields(request)
        found = get_object_or_404(CriteriaSet, cycle=cycle, version=version)
        return Response(
            {"criteria": criteria_body(services.lock_criteria(actor=user, criteria=found))}
        )


class Campaigns(Endpoint):
    """Every campaign of the present cycle: attempts are never hidden."""

    @described(gives=shape("Campaigns", {"campaigns": shape("Campaign", _CAMPAIGN, many=True)}))
    def get(self, request: Request, ref: str) -> Response:
        """List the campaigns of the present cycle, newest first."""
        workload = workload_for(signed_in(request), ref)
        return Response(
            {"campaigns": [campaign_body(c) for c in campaigns_of(current_cycle(workload))]}
        )

    @described(
        takes=shape("CampaignStart", {"reason": CharField(required=False)}),
        gives=shape("CampaignAnswer", {"campaign": shape("Campaign", _CAMPAIGN)}),
        status=201,
        optional=True,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Start a campaign on the present build; a rerun of an unchanged build needs a reason."""
        user = signed_in(request)
        made = services.start_campaign(
            actor=user, workload=workload_for(user, ref), reason=_text(request, "reason")
        )
        return Response({"campaign": campaign_body(made)}, status=201)


api_urlpatterns = [
    path("workloads/<str:ref>/criteria", Criteria.as_view()),
    path("workloads/<str:ref>/criteria/new", NewCriteriaVersion.as_view()),
    path("workloads/<str:ref>/criteria/<int:version>/lock", LockCriteria.as_view()),
    path("workloads/<str:ref>/campaigns", Campaigns.as_view()),
]
