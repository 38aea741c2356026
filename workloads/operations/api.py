"""The live endpoint: what was approved, called with a live token."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DictField,
    IntegerField,
    ListField,
)

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, header, shape
from portal.common.errors import Invalid
from portal.common.text import text_problem
from workloads.builds.api import ANSWER, INVOCATION, answer_body, read_input
from workloads.builds.authentication import LiveToken, token_of
from workloads.lifecycle.selectors import workload_for
from workloads.operations import services
from workloads.operations.selectors import (
    build_of_release,
    concern_for,
    concerns_of,
    live_spell,
    matches_approval,
)


class InvokeLive(Endpoint):
    """Serve the live release; 409 with the reason while there is none."""

    authentication_classes = [LiveToken]
    answers_once = False

    @described(
        takes=INVOCATION,
        gives=shape("LiveAnswer", {**ANSWER, "request_id": CharField()}),
        parameters=[
            header(
                "Idempotency-Key",
                "The request's id, at most 80 characters. A second request with it is refused.",
            )
        ],
    )
    def post(self, request: Request, ref: str) -> Response:
        """Run an input through the live release, with a live token.

        ``Idempotency-Key`` names the request.
        """
        token = token_of(request)
        if token.workload.ref != ref:
            raise Http404
        request_id = request.headers.get("Idempotency-Key", "") or str(uuid4())
        if len(request_id) > 80 or text_problem(request_id, single_line=True):
            raise Invalid.field("Idempotency-Key", "max_length", "Use at most 80 plain characters.")
        given, documents = read_input(request.data)
        seen = services.serve(
            workload=token.workload, given=given, documents=documents, request_id=request_id
        )
        return Response(answer_body(seen) | {"request_id": request_id})


class LiveState(Endpoint):
    """What is live."""

    @described(
        gives=shape(
            "LiveState",
            {
                "workload": CharField(),
                "live": shape(
                    "LiveRelease",
                    {
                        "release": IntegerField(),
                        "since": CharField(),
                        "manifest_digest": CharField(),
                        "manifest": ListField(child=DictField(child=CharField())),
                        "build": IntegerField(),
                        "runs_what_was_approved": BooleanField(),
                    },
                    allow_null=True,
                ),
                "concerns": shape(
                    "Concern",
                    {
                        "id": CharField(),
                        "kind": CharField(),
                        "release": IntegerField(),
                        "model": CharField(),
                        "detail": CharField(),
                        "due": DateField(allow_null=True),
                        "raised_at": DateTimeField(),
                        "settled_at": DateTimeField(allow_null=True),
                        "answer": CharField(allow_blank=True),
                    },
                    many=True,
                ),
            },
        )
    )
    def get(self, request: Request, ref: str) -> Response:
        """Show what is live: its manifest, and whether what runs is what was approved."""
        workload = workload_for(signed_in(request), ref)
        spell = live_spell(workload)
        body: dict[str, Any] = {"workload": ref, "live": None}
        if spell is not None:
            build = build_of_release(spell.release)
            body["live"] = {
                "release": spell.release.number,
                "since": spell.began_at.isoformat(),
                "manifest_digest": spell.release.manifest_digest,
                "manifest": spell.release.manifest,
                "build": build.number,
                "runs_what_was_approved": matches_approval(spell.release, build),
            }
        body["concerns"] = [
            {
                "id": str(one.pk),
                "kind": one.kind,
                "release": one.release.number,
                "model": one.entry.gateway_alias,
                "detail": one.detail,
                "due": one.due,
                "raised_at": one.created_at,
                "settled_at": one.settled_at,
                "answer": one.answer,
            }
            for one in concerns_of(workload)
        ]
        return Response(body)


class SettleConcern(Endpoint):
    """One concern about what is live."""

    @described(
        takes=shape("ConcernAnswer", {"answer": CharField()}),
        gives=shape("SettledConcern", {"id": CharField(), "settled_at": DateTimeField()}),
    )
    def post(self, request: Request, ref: str, concern_id: UUID) -> Response:
        """Answer a concern about what is live: what was looked at, and what follows."""
        user = signed_in(request)
        concern = concern_for(user, ref, concern_id)
        answer = body_of(request).get("answer")
        if not isinstance(answer, str):
            raise Invalid.field("answer", "invalid", "Send the answer as text.")
        settled = services.settle_concern(actor=user, concern=concern, answer=answer)
        return Response({"id": str(settled.pk), "settled_at": settled.settled_at})


api_urlpatterns = [
    path("workloads/<str:ref>/invoke", InvokeLive.as_view()),
    path("workloads/<str:ref>/live", LiveState.as_view()),
    path("workloads/<str:ref>/concerns/<uuid:concern_id>", SettleConcern.as_view()),
]
