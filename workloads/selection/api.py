"""Phase 2 over the API: how every model stands, what other limits would do, and the shortlists."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
)

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, query, shape
from portal.common.errors import FieldError, Invalid
from workloads.lifecycle.selectors import current_cycle, workload_for
from workloads.selection import selectors, services
from workloads.selection.forms import read_query
from workloads.selection.models import Shortlist
from workloads.selection.services import Pick

_TEXT: dict[str, Any] = {
    "required": False,
    "default": "",
    "allow_blank": True,
    "trim_whitespace": False,
}


class CandidateBody(serializers.Serializer[Any]):
    """One candidate: which model, why it is tested, and why although a near miss."""

    alias = serializers.CharField(max_length=200)
    note = serializers.CharField(max_length=1_000)
    reason = serializers.CharField(max_length=1_000, **_TEXT)


class ShortlistBody(serializers.Serializer[Any]):
    """A choice: the candidates, and why the other models that fit are not taken."""

    candidates = CandidateBody(many=True)
    not_taken = serializers.DictField(child=serializers.CharField(), required=False)
    not_taken_reason = serializers.CharField(max_length=1_000, **_TEXT)
    tokens_in = serializers.IntegerField(required=False, allow_null=True, default=None)
    tokens_out = serializers.IntegerField(required=False, allow_null=True, default=None)
    catalog_revision = serializers.CharField(max_length=71, **_TEXT)


def _texts() -> ListField:
    return ListField(child=CharField())


_AMOUNT: dict[str, Any] = {"allow_null": True, "help_text": "A decimal number as text; null: none."}
_REQUIREMENTS = {
    "on": CharField(help_text="The day on which approvals must still hold."),
    "data_class": CharField(),
    "residency": _texts(),
    "capabilities": _texts(),
    "min_context_tokens": IntegerField(allow_null=True),
    "latency_p95_ms": IntegerField(allow_null=True),
    "max_cost_per_request": CharField(**_AMOUNT),
    "budget_per_month": CharField(**_AMOUNT),
    "requests_per_day": IntegerField(allow_null=True),
    "currency": CharField(),
    "tokens_in": IntegerField(),
    "tokens_out": IntegerField(),
    "tier": IntegerField(allow_null=True),
    "business_unit": CharField(),
    "retention_days": IntegerField(allow_null=True),
    "sizes_from": CharField(help_text="Where the sizes of a request are from."),
    "sizes_note": CharField(),
    "measured": ListField(
        child=ListField(child=JSONField()),
        help_text="Models with measured sizes: [alias, tokens in, tokens out, answers].",
    ),
}
_MATCH = {
    "alias": CharField(),
    "outcome": CharField(),
    "reasons": shape(
        "MatchReason",
        {"code": CharField(), "text": CharField(), "severity": CharField()},
        many=True,
    ),
    "cost_per_request": CharField(**_AMOUNT),
    "cost_per_month": CharField(**_AMOUNT),
    "currency": CharField(),
    "latency_p95_ms": IntegerField(allow_null=True),
    "tokens_in": IntegerField(),
    "tokens_out": IntegerField(),
}
_SHORTLIST = {
    "number": IntegerField(),
    "digest": CharField(),
    "chosen_at": DateTimeField(),
    "chosen_by": CharField(
        allow_null=True, help_text="Null: the catalog took a candidate away, nobody chose."
    ),
    "filter": shape("Requirements", _REQUIREMENTS),
    "catalog_revision": CharField(),
    "rules": IntegerField(help_text="The version of the rules of matching."),
    "considered": shape("ModelMatch", _MATCH, many=True),
    "not_taken": DictField(child=CharField(), help_text="Why not, by the alias of the model."),
    "struck": DictField(child=CharField(), help_text="Why, by the alias of the model."),
    "candidates": shape(
        "ShortlistCandidate",
        {
            "alias": CharField(),
            "outcome": CharField(),
            "note": CharField(),
            "reason": CharField(),
            "entry_digest": CharField(),
        },
        many=True,
    ),
}


def _body(found: Shortlist) -> dict[str, Any]:
    return {
        "number": found.number,
        "digest": found.digest,
        "chosen_at": found.created_at.isoformat(),
        "chosen_by": str(found.created_by) if found.created_by else None,
        "filter": found.filter,
        "catalog_revision": found.catalog_revision,
        "rules": found.rules,
        "considered": found.considered,
        "not_taken": found.not_taken,
        "struck": found.struck,
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


class SelectionView(Endpoint):
    """Every model of the catalog against the brief."""

    @described(
        gives=shape(
            "Selection",
            {
                "catalog_revision": CharField(),
                "requirements": shape("Requirements", _REQUIREMENTS),
                "models": shape("ModelMatch", _MATCH, many=True),
                "what_if": shape(
                    "WhatIf",
                    {
                        "models": shape("ModelMatch", _MATCH, many=True),
                        "came_in": _texts(),
                        "went_out": _texts(),
                    },
                    allow_null=True,
                ),
            },
        ),
        parameters=[
            query("tokens_in", "Another size of what a request sends, in tokens."),
            query("tokens_out", "Another size of an answer, in tokens."),
            query("context", "Another limit: the least context, in tokens."),
            query("cost", "Another limit: the most that a request may cost."),
            query("latency", "Another limit: the slowest p95 latency, in milliseconds."),
        ],
        refuses={400: "A size or limit is no such number."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """Rank every model of the catalog against the brief, with every reason.

        ``what_if`` is the answer to other limits, when there are any. Nothing is stored.
        """
        cycle = current_cycle(workload_for(signed_in(request), ref))
        typed = read_query(request.query_params)
        if typed.errors:
            raise Invalid(typed.errors[0].message, errors=typed.errors)
        if typed.has_sizes():
            asked = selectors.requirements_of(
                cycle, tokens_in=typed.tokens_in, tokens_out=typed.tokens_out
            )
        else:
            asked = selectors.standing_requirements(cycle, selectors.shortlist_of(cycle))
        found = selectors.considered(asked)
        body: dict[str, Any] = {
            "catalog_revision": found.revision,
            "requirements": asked.as_dict(),
            "models": [one.as_dict() for one in found.matches],
            "what_if": None,
        }
        if typed.limits:
            after, moved = selectors.with_limits(found, typed.limits)
            body["what_if"] = {
                "models": [one.as_dict() for one in after],
                "came_in": [one.alias for one in moved if one.came_in],
                "went_out": [one.alias for one in moved if not one.came_in],
            }
        return Response(body)


class ShortlistView(Endpoint):
    """The shortlist that counts in the workload's current cycle."""

    @described(gives=shape("Shortlist", _SHORTLIST))
    def get(self, request: Request, ref: str) -> Response:
        """Show the shortlist that counts; 404 until one was chosen."""
        workload = workload_for(signed_in(request), ref)
        found = selectors.shortlist_of(current_cycle(workload))
        if found is None:
            raise Http404
        return Response(_body(found))

    @described(takes=ShortlistBody, gives=shape("Shortlist", _SHORTLIST), status=201)
    def post(self, request: Request, ref: str) -> Response:
        """Choose the candidates, as the next shortlist.

        409 catalog_changed when ``catalog_revision`` is given and no longer the catalog's.
        """
        user = signed_in(request)
        workload = workload_for(user, ref)
        data = _read(body_of(request))
        chosen = services.choose_shortlist(
            actor=user,
            workload=workload,
            picks=[Pick(**one) for one in data["candidates"]],
            not_taken=data.get("not_taken", {}),
            not_taken_reason=data["not_taken_reason"],
            tokens_in=data["tokens_in"],
            tokens_out=data["tokens_out"],
            catalog_revision=data["catalog_revision"],
        )
        return Response(_body(chosen), status=status.HTTP_201_CREATED)


class StoredShortlistView(Endpoint):
    """One shortlist of the current cycle, as it was chosen."""

    @described(
        gives=shape(
            "StoredShortlist",
            {
                **_SHORTLIST,
                "reproduced": shape(
                    "Reproduction",
                    {
                        "same": BooleanField(),
                        "differing": _texts(),
                        "revision_holds": BooleanField(),
                        "seal_holds": BooleanField(),
                        "rules_now": IntegerField(),
                    },
                ),
            },
        )
    )
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show a stored shortlist, and whether its answer comes out again from its catalog."""
        workload = workload_for(signed_in(request), ref)
        found = selectors.shortlist_numbered(current_cycle(workload), number)
        if found is None:
            raise Http404
        again = selectors.reproduced(found)
        return Response(
            _body(found)
            | {
                "reproduced": {
                    "same": again.same,
                    "differing": again.differing,
                    "revision_holds": again.revision_holds,
                    "seal_holds": again.seal_holds,
                    "rules_now": again.rules[1],
                }
            }
        )


def _read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a choice. Raises Invalid, also for fields that a candidate has not."""
    rows = body.get("candidates")
    known = set(CandidateBody().fields)
    unknown = [
        f"candidates.{key}"
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
        for key in sorted(set(row) - known)
    ]
    if unknown:
        errors = [FieldError(name[:60], "unknown_field", "No such field.") for name in unknown[:50]]
        raise Invalid(f"Unknown field: {unknown[0][:60]}.", code="unknown_field", errors=errors)
    form = ShortlistBody(data=body)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


api_urlpatterns = [
    path("workloads/<str:ref>/selection", SelectionView.as_view(), name="selection"),
    path("workloads/<str:ref>/shortlist", ShortlistView.as_view(), name="shortlist"),
    path(
        "workloads/<str:ref>/shortlists/<int:number>",
        StoredShortlistView.as_view(),
        name="stored_shortlist",
    ),
]
