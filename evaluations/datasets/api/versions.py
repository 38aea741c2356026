"""Versions over the API: commit, read, compare, take up again, export; and a reviewer's consent."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, IntegerField, JSONField

from evaluations.datasets import selectors, services
from evaluations.datasets.api.shapes import (
    EXAMPLE,
    EXAMPLES,
    HELD_OUT,
    SHOW,
    VERSION,
    asked_sight,
    example_json,
    examples_page,
    tell_reading,
    text_in,
    texts,
    version_json,
)
from evaluations.datasets.differences import difference
from evaluations.datasets.enums import Kind
from evaluations.datasets.files import DRAFT, examples_of, file_of, side
from evaluations.datasets.policies import can_agree_to_removal
from portal.accounts.http import signed_in
from portal.common.api import CURSOR, Endpoint, body_of, described, known, query, shape, texts_in
from portal.common.errors import Forbidden, Invalid
from workloads.lifecycle.policies import require


class VersionList(Endpoint):
    """Committing the draft of a dataset."""

    @described(
        takes=shape("DatasetCommit", {"note": CharField(required=False)}),
        gives=shape("DatasetVersion", VERSION),
        status=201,
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Commit the draft of a dataset as its next version; the note says what changed."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        require(user, found.workload, "edit")
        note = text_in(body_of(request), "note")
        version = services.commit_version(actor=user, dataset=found, note=note)
        return Response(version_json(version), status=201)


class ExampleList(Endpoint):
    """The examples of one version, in pages of 50."""

    @described(
        gives=shape("Examples", EXAMPLES),
        parameters=[
            query("kind", "typical, edge or adversarial."),
            CURSOR,
            HELD_OUT,
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str, number: int) -> Response:
        """List the examples of a dataset version, in pages of 50."""
        found = selectors.version_for(signed_in(request), ref, dataset_ref, number)
        known(request, {"kind", "cursor", "held_out"})
        kind = request.query_params.get("kind", "")
        if kind and kind not in Kind.values:
            raise Invalid.field("kind", "choice", f"Use one of {', '.join(Kind.values)}.")
        sight = asked_sight(request, found.dataset)
        lines = selectors.version_lines(found, kind)
        return examples_page(request, found.dataset, sight, lines, by="position", version=number)


class Restore(Endpoint):
    """Taking a version up again."""

    @described(gives=shape("DatasetRestored", {"examples": IntegerField()}))
    def post(self, request: Request, ref: str, dataset_ref: str, number: int) -> Response:
        """Make the draft what a version holds."""
        user = signed_in(request)
        found = selectors.version_for(user, ref, dataset_ref, number)
        return Response({"examples": services.restore_version(actor=user, version=found)})


class Removals(Endpoint):
    """A reviewer's consent."""

    @described(
        takes=shape("RemovalConsent", {"keys": texts(), "reason": CharField()}),
        gives=shape("RemovalAgreed", {"keys": texts()}),
        status=201,
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Let adversarial examples go that the draft has not as they were, as a reviewer."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        verdict = can_agree_to_removal(user, found)
        if not verdict:
            raise Forbidden(verdict.message, code=verdict.rule)
        body = body_of(request)
        keys = texts_in(body, "keys", "keys")
        gone = services.agree_to_removal(
            actor=user, dataset=found, keys=keys, reason=text_in(body, "reason")
        )
        return Response({"keys": list(gone)}, status=201)


_FIELD = {"field": CharField(), "before": JSONField(allow_null=True),
          "after": JSONField(allow_null=True)}  # fmt: skip
_CHANGED = {
    "key": CharField(),
    "hidden": BooleanField(help_text="Held out: its fields are not told."),
    "fields": shape("ExampleFieldChange", _FIELD, many=True),
}


class Compare(Endpoint):
    """What changed between two versions."""

    @described(
        gives=shape(
            "DatasetDifference",
            {
                "before": CharField(),
                "after": CharField(),
                "added": shape("Example", EXAMPLE, many=True),
                "changed": shape("ExampleDifference", _CHANGED, many=True),
                "retired": shape("Example", EXAMPLE, many=True),
                "same": IntegerField(),
                "moved": BooleanField(help_text="Others stand in another order."),
            },
        ),
        parameters=[
            query("a", "A version's number or `draft`; without it the newest version."),
            query("b", "A version's number or `draft`, which it is without it."),
            HELD_OUT,
        ],
        refuses={400: "One of the two is not there."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Show which examples were added, changed (field by field) and retired."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        known(request, {"a", "b", "held_out"})
        newest = selectors.latest_version(found)
        first = request.query_params.get("a", "") or (str(newest.number) if newest else DRAFT)
        before_name, before = side(found, first)
        after_name, after = side(found, request.query_params.get("b", "") or DRAFT)
        sight = asked_sight(request, found)
        changes = difference(examples_of(found, before), examples_of(found, after))
        touched = [*changes.added, *changes.retired, *(one.after for one in changes.changed)]
        tell_reading(request, found, sight, touched)
        changed: list[dict[str, Any]] = []
        for one in changes.changed:
            hidden = sight.hides(one.before) or sight.hides(one.after)
            fields = [{name: getattr(f, name) for name in _FIELD} for f in one.fields]
            changed.append({"key": one.key, "hidden": hidden, "fields": [] if hidden else fields})
        return Response(
            {
                "before": before_name,
                "after": after_name,
                "added": [example_json(one, sight) for one in changes.added],
                "changed": changed,
                "retired": [example_json(one, sight) for one in changes.retired],
                "same": changes.same,
                "moved": changes.moved,
            }
        )


class Export(Endpoint):
    """The draft or a version as a file."""

    @described(
        gives=OpenApiTypes.STR,
        media="application/x-ndjson",
        parameters=[
            query("format", "jsonl (the default) or csv."),
            query("version", "A version's number; without it the draft."),
            HELD_OUT,
        ],
        refuses={400: "The format or the version is not there."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> StreamingHttpResponse:
        """Give a file that an import reads back exactly; CSV is safe to open in a spreadsheet."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        known(request, {"format", "version", "held_out"})
        asked_sight(request, found)
        return file_of(
            user,
            found,
            kind=request.query_params.get("format", "jsonl"),
            version=request.query_params.get("version", ""),
            shown=request.query_params.get("held_out") == SHOW,
        )
