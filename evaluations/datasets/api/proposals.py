"""Proposed examples over the API: list, propose, accept, reject."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField

from evaluations.datasets import selectors, services
from evaluations.datasets.api.shapes import (
    EXAMPLE,
    HELD_OUT,
    PROPOSAL,
    WRITTEN,
    asked_sight,
    example_json,
    proposal_json,
    text_in,
)
from evaluations.datasets.enums import Source
from evaluations.datasets.heldout import sight_of
from evaluations.datasets.policies import can_propose
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, known, shape
from portal.common.errors import Forbidden, Invalid
from workloads.lifecycle.policies import require


class ProposalList(Endpoint):
    """What is proposed for a dataset."""

    @described(
        gives=shape("Proposals", {"results": shape("Proposal", PROPOSAL, many=True)}),
        parameters=[HELD_OUT],
        refuses={400: "A parameter is not known."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """List the newest 200 proposals, those that wait first."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        known(request, {"held_out"})
        sight = asked_sight(request, found)
        rows = list(selectors.proposals_of(found)[:200])
        if sight.shown:
            held = sum(
                bool(one.content.get("held_out")) or one.content["key"] in sight.keys
                for one in rows
            )
            services.record_reading(actor=user, dataset=found, place="proposals", examples=held)
        return Response({"results": [proposal_json(one, sight) for one in rows]})

    @described(
        takes=shape(
            "ProposalNew",
            {
                "reason": CharField(),
                "key": CharField(required=False),
                "replaces": CharField(required=False),
                "origin": CharField(required=False, help_text=", ".join(Source.values)),
                "source_ref": CharField(required=False),
                **WRITTEN,
            },
        ),
        gives=shape("Proposal", PROPOSAL),
        status=201,
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Propose an example, or other words for one; another person accepts it."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        verdict = can_propose(user, found)
        if not verdict:
            raise Forbidden(verdict.message, code=verdict.rule)
        body = body_of(request)
        origin = body.get("origin", Source.AUTHORED.value)
        if origin not in Source.values:
            raise Invalid.field("origin", "choice", f"Use one of {', '.join(Source.values)}.")
        values = {name: body[name] for name in ("key", *WRITTEN) if name in body}
        made = services.propose_example(
            actor=user,
            dataset=found,
            values=values,
            reason=text_in(body, "reason"),
            replaces=text_in(body, "replaces"),
            source=Source(origin),
            source_ref=text_in(body, "source_ref"),
        )
        return Response(proposal_json(made, sight_of(user, found)), status=201)


class Accept(Endpoint):
    """Accepting a proposal."""

    @described(gives=shape("Example", EXAMPLE))
    def post(self, request: Request, ref: str, dataset_ref: str, proposal_id: UUID) -> Response:
        """Put a proposed example into the draft; whoever proposed it cannot."""
        user = signed_in(request)
        found = selectors.proposal_for(user, ref, dataset_ref, proposal_id)
        made = services.accept_proposal(actor=user, proposal=found)
        return Response(example_json(made, sight_of(user, found.dataset)))


class Reject(Endpoint):
    """Turning a proposal down."""

    @described(
        takes=shape("ProposalReason", {"reason": CharField()}), gives=shape("Proposal", PROPOSAL)
    )
    def post(self, request: Request, ref: str, dataset_ref: str, proposal_id: UUID) -> Response:
        """Turn a proposal down with a reason; it is kept."""
        user = signed_in(request)
        found = selectors.proposal_for(user, ref, dataset_ref, proposal_id)
        if found.proposed_by_id != user.pk:
            require(user, found.dataset.workload, "edit")
        services.reject_proposal(
            actor=user, proposal=found, reason=text_in(body_of(request), "reason")
        )
        found.refresh_from_db()
        return Response(proposal_json(found, sight_of(user, found.dataset)))
