"""The draft over the API: its examples read, added, edited, changed many at once."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField

from evaluations.datasets import selectors, services
from evaluations.datasets.api.shapes import (
    EXAMPLE,
    EXAMPLES,
    HELD_OUT,
    WRITTEN,
    asked_sight,
    example_json,
    examples_page,
    tell_reading,
    text_in,
    texts,
)
from evaluations.datasets.enums import Kind, Problem
from evaluations.datasets.heldout import Sight, sight_of
from evaluations.datasets.quality import findings_for
from evaluations.datasets.selectors import Narrowing
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    body_of,
    described,
    header,
    known,
    query,
    shape,
    texts_in,
)
from portal.common.errors import Conflict, Invalid
from workloads.lifecycle.policies import require

_FILTERS = {"kind", "tag", "q", "slice", "problem", "cursor", "held_out"}


def _wanted(request: Request, dataset: Any, sight: Sight) -> Narrowing:
    known(request, _FILTERS)
    asked = request.query_params
    words = {"kind": Kind.values, "slice": ["yes", "no"], "problem": Problem.values}
    for name, values in words.items():
        if asked.get(name, "") not in ("", *values):
            raise Invalid.field(name, "choice", f"Use one of {', '.join(values)}.")
    if any("\x00" in asked.get(name, "") for name in ("q", "tag")):
        raise Invalid.field("q", "null_character", "Take the null character out.")
    problem = asked.get("problem", "")
    keys = findings_for(dataset, sight).keys(Problem(problem)) if problem else None
    return Narrowing(
        asked.get("kind", ""),
        asked.get("tag", "")[:40],
        asked.get("q", "").strip()[:200],
        asked.get("slice", ""),
        keys,
    )


class DraftList(Endpoint):
    """The examples of the draft."""

    @described(
        gives=shape("Examples", EXAMPLES),
        parameters=[
            query("kind", "typical, edge or adversarial."),
            query("tag", "Only examples with this tag."),
            query("q", "Words in the key, the input or what is expected."),
            query("slice", "`yes`: held-out examples alone; `no`: without them."),
            query("problem", f"One of {', '.join(Problem.values)}."),
            CURSOR,
            HELD_OUT,
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """List the examples of the draft, in pages of 50."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        sight = asked_sight(request, found)
        wanted = _wanted(request, found, sight)
        lines = selectors.narrowed(selectors.draft_lines(found), wanted, sight)
        return examples_page(request, found, sight, lines, by="id")

    @described(
        takes=shape("ExampleNew", {"key": CharField(required=False), **WRITTEN}),
        gives=shape("Example", EXAMPLE),
        status=201,
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Add an example to the draft, by the rules of an import."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        require(user, found.workload, "edit")
        made = services.add_example(actor=user, dataset=found, values=body_of(request))
        return Response(example_json(made, sight_of(user, found)), status=201)


class DraftExample(Endpoint):
    """One example of the draft."""

    @described(
        gives=shape("Example", EXAMPLE),
        parameters=[HELD_OUT],
        refuses={400: "A parameter is not known."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str, key: str) -> Response:
        """Show one example of the draft."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        known(request, {"held_out"})
        sight = asked_sight(request, found)
        revision = selectors.draft_example(found, key)
        tell_reading(request, found, sight, [revision])
        return Response(example_json(revision, sight))

    @described(
        takes=shape("ExampleWritten", WRITTEN),
        gives=shape("Example", EXAMPLE),
        parameters=[
            header("If-Match", "The `digest` of the example that you read.", required=True)
        ],
    )
    def put(self, request: Request, ref: str, dataset_ref: str, key: str) -> Response:
        """Write an example of the draft anew; its key stays, old versions keep their words."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        selectors.draft_example(found, key)
        require(user, found.workload, "edit")
        values = body_of(request)
        seen = request.headers.get("If-Match", "").strip().strip('"')
        if not seen:
            raise Conflict("Send the digest that you read as If-Match.", code="version_required")
        made = services.edit_example(actor=user, dataset=found, key=key, values=values, seen=seen)
        return Response(example_json(made, sight_of(user, found)))


class BulkChange(Endpoint):
    """The same for many examples."""

    @described(
        takes=shape(
            "ExampleChange",
            {
                "keys": texts(),
                "act": CharField(help_text=f"One of {', '.join(services.ACTS)}."),
                "value": CharField(required=False, help_text="The tag or the kind."),
            },
        ),
        gives=shape("ExampleChanged", {"changed": IntegerField()}),
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Tag, untag, hold out, release, take out examples of the draft, or set their kind."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        require(user, found.workload, "edit")
        body = body_of(request)
        keys = texts_in(body, "keys", "keys")
        act = cast("services.Act", text_in(body, "act"))
        count = services.change_examples(
            actor=user, dataset=found, keys=keys, act=act, value=text_in(body, "value")
        )
        return Response({"changed": count})
