"""The staging endpoint: the build under test, called with a staging token."""

from typing import Any

from django.http import Http404
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
)

from portal.accounts.http import signed_in
from portal.common.api import Endpoint, described, shape
from portal.common.errors import Invalid
from workloads.builds.authentication import StagingToken, token_of
from workloads.builds.invocation import Invocation, invoke
from workloads.builds.selectors import build_numbered, builds_of
from workloads.lifecycle.selectors import current_cycle, workload_for


def read_input(data: Any) -> tuple[Any, list[dict[str, str]]]:
    """Return (input, documents) of an invocation's body.

    Raises Invalid for a body that is not ``{"input": text or object, "documents": [...]}``.
    """
    if "input" not in data:
        raise Invalid.field("input", "required", 'Send {"input": {"variable": "value"}}.')
    given = data["input"]
    if not isinstance(given, str | dict):
        raise Invalid.field("input", "invalid", "The input is a text or an object of values.")
    documents = data.get("documents", [])
    if not isinstance(documents, list) or not all(_is_document(doc) for doc in documents):
        raise Invalid.field(
            "documents", "invalid", "Documents are a list of {id, title, text}, each a text."
        )
    return given, documents


def _is_document(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name in ("id", "title", "text") and isinstance(text, str) for name, text in value.items()
    )


def answer_body(seen: Invocation) -> dict[str, Any]:
    """Return what a caller gets for ``seen``."""
    return {
        "output": seen.text,
        "blocked": {"guard": seen.blocked.guard, "message": seen.blocked.words}
        if seen.blocked
        else None,
        "marks": list(seen.marks),
        "finish_reason": seen.finish_reason,
        "refused": seen.refused,
        "model": seen.model,
        "usage": {"input_tokens": seen.tokens_in, "output_tokens": seen.tokens_out},
        "latency_ms": round(seen.latency_ms, 1),
    }


INVOCATION = shape(
    "Invocation",
    {
        "input": JSONField(help_text="A text, or an object of values."),
        "documents": ListField(
            child=DictField(child=CharField()),
            required=False,
            help_text="Documents to answer from: {id, title, text}.",
        ),
    },
)
ANSWER = {
    "output": CharField(allow_null=True),
    "blocked": shape("BlockedBy", {"guard": CharField(), "message": CharField()}, allow_null=True),
    "marks": ListField(child=CharField()),
    "finish_reason": CharField(),
    "refused": BooleanField(),
    "model": CharField(),
    "usage": shape("Usage", {"input_tokens": IntegerField(), "output_tokens": IntegerField()}),
    "latency_ms": FloatField(),
}


class BuildList(Endpoint):
    """The builds of a workload's present cycle."""

    @described(
        gives=shape(
            "Builds",
            {
                "builds": shape(
                    "BuildLine",
                    {
                        "number": IntegerField(),
                        "digest": CharField(),
                        "model": CharField(),
                        "prompt_version": IntegerField(),
                        "made_at": CharField(),
                    },
                    many=True,
                )
            },
        )
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the builds of the present cycle, newest first."""
        workload = workload_for(signed_in(request), ref)
        return Response(
            {
                "builds": [
                    {
                        "number": build.number,
                        "digest": build.digest,
                        "model": build.model_lock.gateway_alias,
                        "prompt_version": build.prompt_version.number,
                        "made_at": build.created_at.isoformat(),
                    }
                    for build in builds_of(current_cycle(workload))
                ]
            }
        )


class InvokeBuild(Endpoint):
    """Call one build with a staging token of its workload."""

    authentication_classes = [StagingToken]
    answers_once = False

    @described(takes=INVOCATION, gives=shape("BuildAnswer", ANSWER))
    def post(self, request: Request, ref: str, number: int) -> Response:
        """Run an input through a build, with a staging token."""
        token = token_of(request)
        if token.workload.ref != ref:
            raise Http404
        build = build_numbered(current_cycle(token.workload), number)
        return Response(answer_body(invoke(build, *read_input(request.data))))


api_urlpatterns = [
    path("workloads/<str:ref>/builds", BuildList.as_view()),
    path("workloads/<str:ref>/builds/<int:number>/invoke", InvokeBuild.as_view()),
]
