"""The lifecycle over the API: the same selectors and services as the pages."""

from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, DictField, IntegerField, ListField

from portal.accounts.http import signed_in
from portal.common.api import CURSOR, Endpoint, described, no_fields, query, shape
from portal.common.errors import Conflict
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


_SUMMARY = {
    "ref": CharField(),
    "name": CharField(),
    "summary": CharField(),
    "status": CharField(),
    "tier": IntegerField(allow_null=True),
    "owner": CharField(),
}
_MANIFEST = ListField(child=DictField(child=CharField()))
_PHASE = {
    "key": CharField(),
    "number": IntegerField(),
    "label": CharField(),
    "state": CharField(),
    "reason": CharField(),
    "disturbed": shape(
        "Disturbance",
        {
            "impact": CharField(),
            "reason": CharField(),
            "by": CharField(),
            "at": CharField(),
            "changes": CharField(),
        },
        allow_null=True,
    ),
    "checks": shape(
        "Check",
        {
            "code": CharField(),
            "label": CharField(),
            "state": CharField(),
            "detail": CharField(),
            "link": CharField(),
            "who": CharField(),
        },
        many=True,
    ),
    "manifest": _MANIFEST,
    "manifest_digest": CharField(),
    "passed_manifest_digest": CharField(),
}
_REVIEW = {
    "phase": CharField(),
    "phase_label": CharField(),
    "round": IntegerField(),
    "outcome": CharField(),
    "tier": IntegerField(),
    "requested_by": CharField(),
    "requested_at": CharField(),
    "expires_at": CharField(),
    "manifest": _MANIFEST,
    "manifest_digest": CharField(),
    "manifest_is_current": BooleanField(),
    "votes_needed": shape(
        "VoteNeeded",
        {"remits": ListField(child=CharField()), "given": BooleanField()},
        many=True,
    ),
    "objections": IntegerField(),
    "may_vote": BooleanField(),
    "why_not": shape("WhyNot", {"rule": CharField(), "message": CharField()}),
    "remits": ListField(child=CharField()),
    "nonce": CharField(help_text="One-time; a vote sends it back."),
}


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


class WorkloadsView(Endpoint):
    """The workloads that the caller may see."""

    @described(
        gives=shape(
            "Workloads",
            {
                "results": shape(
                    "WorkloadLine",
                    {
                        **_SUMMARY,
                        "phase": CharField(allow_null=True),
                        "state": CharField(allow_null=True),
                    },
                    many=True,
                ),
                "next_cursor": CharField(),
            },
        ),
        parameters=[
            query("q", "Looked for in name and reference."),
            query("phase", "The key of the phase that is open."),
            query("status", "draft, active, live, suspended, retired or rejected."),
            query("tier", "1 to 4."),
            query("mine", "on: only those in which you have a role."),
            CURSOR,
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request) -> Response:
        """List the workloads that you may see, one page; filters narrow it."""
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


class WorkloadView(Endpoint):
    """One workload with its phases, checks and manifests."""

    @described(
        gives=shape(
            "Workload",
            {
                **_SUMMARY,
                "cycle": shape(
                    "CycleState",
                    {"number": IntegerField(), "kind": CharField(), "state": CharField()},
                ),
                "phases": shape("PhaseStanding", _PHASE, many=True),
            },
        )
    )
    def get(self, request: Request, ref: str) -> Response:
        """Show where a workload stands: each phase with its checks and manifest."""
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


class SubmitView(Endpoint):
    """Submitting a phase."""

    @described(
        gives=shape(
            "Submission",
            {"phase": CharField(), "state": CharField(), "manifest_digest": CharField()},
        )
    )
    def post(self, request: Request, ref: str, phase_key: str) -> Response:
        """Submit a phase; 409 not_ready lists every check that is missing."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        no_fields(request)
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


class ReviewView(Endpoint):
    """The open review of a gate."""

    @described(gives=shape("Review", _REVIEW))
    def get(self, request: Request, ref: str, phase_key: str) -> Response:
        """Show the open review of a gate.

        With the manifest, how the votes stand and, for one who may vote, a one-time nonce.
        """
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


class VotesView(Endpoint):
    """Voting in the open review of a gate."""

    @described(
        takes=VoteBody,
        gives=shape(
            "Vote",
            {
                "choice": CharField(),
                "remit": CharField(),
                "at": CharField(),
                "review": CharField(help_text="How the review stands after it."),
            },
        ),
        status=201,
    )
    def post(self, request: Request, ref: str, phase_key: str) -> Response:
        """Cast a vote; the same rules, in the same order, as on the page."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        sent = request.data
        try:
            review = review_for(user, workload.ref, _gate_phase(phase_key))
        except Http404:
            _gate_phase(phase_key)
            raise Conflict("No review is open at this gate.", code="closed") from None
        body = VoteBody(data=sent)
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
