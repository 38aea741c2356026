"""Phase 2 over the API: how every model stands, what other limits would do, and the shortlists."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
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


class SelectionView(APIView):
    """Every model of the catalog against the brief."""

    def get(self, request: Request, ref: str) -> Response:
        """Return the ranked models with every reason.

        Parameters ``tokens_in`` and ``tokens_out`` are other sizes of a request; ``context``,
        ``cost`` and ``latency`` other limits, whose answer stands in ``what_if``. Nothing is
        stored.
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


class ShortlistView(APIView):
    """The shortlist that counts in the workload's current cycle."""

    def get(self, request: Request, ref: str) -> Response:
        """Return it; 404 until one was chosen."""
        workload = workload_for(signed_in(request), ref)
        found = selectors.shortlist_of(current_cycle(workload))
        if found is None:
            raise Http404
        return Response(_body(found))

    def post(self, request: Request, ref: str) -> Response:
        """Choose another one; 201 with what was stored."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        data = _read(request.data)
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


class StoredShortlistView(APIView):
    """One shortlist of the current cycle, as it was chosen."""

    def get(self, request: Request, ref: str, number: int) -> Response:
        """Return it, and whether its answer comes out again from its catalog revision."""
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


def _read(body: Any) -> dict[str, Any]:
    """Return the body of a choice. Raises Invalid, also for fields that there are not."""
    if not isinstance(body, Mapping):
        raise Invalid("Send a JSON object.")
    rows = body.get("candidates")
    unknown = sorted(set(body) - set(ShortlistBody().fields))
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            unknown += sorted(f"candidates.{key}" for key in set(row) - set(CandidateBody().fields))
    if unknown:
        errors = [FieldError(name[:60], "unknown_field", "No such field.") for name in unknown]
        raise Invalid(f"Unknown field: {unknown[0][:60]}.", errors=errors)
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
