"""The lifecycle over the API: the same selectors and services as the pages."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.http import signed_in
from portal.common.errors import Conflict, FieldError, Invalid
from portal.common.strictjson import NotJson
from workloads.lifecycle import services
from workloads.lifecycle.enums import PhaseState, VoteChoice
from workloads.lifecycle.listing import listing
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import manifest_digest
from workloads.lifecycle.models import Review, Workload
from workloads.lifecycle.pages import signed_in_at
from workloads.lifecycle.phases import Check, phase, phases
from workloads.lifecycle.policies import can_vote, voting_remits
from workloads.lifecycle.selectors import (
    current_cycle,
    disturbances,
    gate_checks,
    manifest,
    review_for,
    standing,
    workload_for,
)
from workloads.lifecycle.voters import tally


class VoteBody(serializers.Serializer[Any]):
    """The body of a vote."""

    remit = serializers.CharField(max_length=12)
    choice = serializers.ChoiceField(choices=VoteChoice.choices)
    reason = serializers.CharField(max_length=4_000, required=False, default="", allow_blank=True)
    manifest_digest = serializers.CharField(max_length=71)
    nonce = serializers.CharField(max_length=600)


def _known(body: Any, allowed: set[str]) -> Mapping[str, Any]:
    """Return ``body`` as a mapping. Raises Invalid for anything else and for unknown fields."""
    if not isinstance(body, Mapping):
        raise Invalid("Send a JSON object.")
    unknown = sorted(set(body) - allowed)
    if unknown:
        raise Invalid(
            f"Unknown field: {unknown[0][:60]}.",
            errors=[FieldError(name[:60], "unknown_field", "No such field.") for name in unknown],
        )
    return body


def _summary(workload: Workload) -> dict[str, Any]:
    return {
        "ref": workload.ref,
        "name": workload.name,
        "summary": workload.summary,
        "status": workload.status,
        "tier": workload.tier,
        "owner": str(workload.owner),
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "code": check.code,
        "label": check.label,
        "state": check.state.value,
        "detail": check.detail,
        "link": check.link,
        "who": check.who,
    }


def _gate_phase(phase_key: str) -> str:
    if phase_key not in {one.key for one in phases() if one.has_gate}:
        raise Http404
    return phase_key


class WorkloadsView(APIView):
    """The workloads that the caller may see."""

    def get(self, request: Request) -> Response:
        """Return one page; parameters q, phase, status, tier, mine, cursor."""
        found = listing(signed_in(request), request.query_params)
        rows = [
            _summary(row.workload)
            | {
                "phase": row.phase.key if row.phase else None,
                "state": row.state.value if row.state else None,
            }
            for row in found.rows
        ]
        return Response({"results": rows, "next_cursor": found.next_cursor})


class WorkloadView(APIView):
    """One workload with its phases, checks and manifests."""

    def get(self, request: Request, ref: str) -> Response:
        """Return where the workload stands."""
        workload = workload_for(signed_in(request), ref)
        cycle = current_cycle(workload)
        look = Look(cycle)
        states = {item.key: item.state for item in standing(cycle, look)}
        disturbed = {item.phase.key: item.as_dict() for item in disturbances(cycle, look)}
        described = []
        for one in phases():
            items = look.manifest(one.key)
            record = look.records[one.key]
            described.append(
                {
                    "key": one.key,
                    "number": one.number,
                    "label": one.label,
                    "state": "open" if states[one.key] in ("now", "reopened") else states[one.key],
                    "reason": record.reason,
                    "disturbed": disturbed.get(one.key),
                    "checks": [_check(check) for check in gate_checks(cycle, one.key, look)],
                    "manifest": [item.as_dict() for item in items],
                    "manifest_digest": manifest_digest(items),
                    "passed_manifest_digest": record.manifest_digest,
                }
            )
        body = _summary(workload) | {
            "cycle": {"number": cycle.number, "kind": cycle.kind, "state": cycle.state},
            "phases": described,
        }
        return Response(body)


class SubmitView(APIView):
    """Submitting a phase."""

    def post(self, request: Request, ref: str, phase_key: str) -> Response:
        """Submit the phase; 409 not_ready lists every check that is missing."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        _known(request.data or {}, set())
        record = services.submit_phase(
            actor=user, cycle=current_cycle(workload), phase_key=_gate_phase(phase_key)
        )
        return Response(
            {
                "phase": phase_key,
                "state": PhaseState(record.state).value,
                "manifest_digest": record.manifest_digest,
            }
        )


class ReviewView(APIView):
    """The open review of a gate."""

    def get(self, request: Request, ref: str, phase_key: str) -> Response:
        """Return the manifest, how the votes stand and, for one who may vote, a one-time nonce."""
        user = signed_in(request)
        review = review_for(user, ref, _gate_phase(phase_key))
        verdict = can_vote(user, review)
        reading = services.open_review_page(actor=user, review=review) if verdict else None
        return Response(
            _review(review)
            | {
                "may_vote": bool(verdict),
                "why_not": {"rule": verdict.rule, "message": verdict.message},
                "remits": voting_remits(user, review) if verdict else [],
                "nonce": reading.nonce if reading else "",
            }
        )


def _review(review: Review) -> dict[str, Any]:
    counted = tally(review)
    present = manifest_digest(manifest(review.cycle, review.phase))
    return {
        "phase": review.phase,
        "phase_label": phase(review.phase).label,
        "round": review.round,
        "outcome": review.outcome,
        "tier": review.tier,
        "requested_by": str(review.requested_by),
        "requested_at": review.requested_at.isoformat(),
        "expires_at": review.expires_at.isoformat(),
        "manifest": review.manifest,
        "manifest_digest": review.manifest_digest,
        "manifest_is_current": present == review.manifest_digest,
        "votes_needed": [
            {"remits": sorted(slot.requirement), "given": slot.vote is not None}
            for slot in counted.slots
        ],
        "objections": len(counted.objections),
    }


class VotesView(APIView):
    """Voting in the open review of a gate."""

    def post(self, request: Request, ref: str, phase_key: str) -> Response:
        """Cast a vote; the same rules, in the same order, as on the page."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        if not request.META.get("CONTENT_LENGTH", "0").strip("0"):
            # The framework parses nothing then and would speak of missing fields.
            raise NotJson("The body is not valid JSON: it is empty.")
        _known(request.data, set(VoteBody().fields))
        try:
            review = review_for(user, workload.ref, _gate_phase(phase_key))
        except Http404:
            _gate_phase(phase_key)
            raise Conflict("No review is open at this gate.", code="closed") from None
        body = VoteBody(data=request.data)
        body.is_valid(raise_exception=True)
        vote = services.cast_vote(
            actor=user,
            review=review,
            signed_in_at=signed_in_at(request),
            **body.validated_data,
        )
        review.refresh_from_db()
        return Response(
            {
                "choice": vote.choice,
                "remit": vote.remit,
                "at": vote.at.isoformat(),
                "review": review.outcome,
            },
            status=201,
        )


api_urlpatterns = [
    path("workloads", WorkloadsView.as_view(), name="workloads"),
    path("workloads/<str:ref>", WorkloadView.as_view(), name="workload"),
    path("workloads/<str:ref>/gates/<str:phase_key>/submit", SubmitView.as_view(), name="submit"),
    path("workloads/<str:ref>/gates/<str:phase_key>/review", ReviewView.as_view(), name="review"),
    path("workloads/<str:ref>/gates/<str:phase_key>/votes", VotesView.as_view(), name="votes"),
]
