"""What the API gives and takes of datasets, and how rows become it."""

from typing import Any

from django.db.models import QuerySet
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

from evaluations.datasets import services
from evaluations.datasets.heldout import Sight, sight_of
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision, Proposal
from portal.accounts.http import signed_in
from portal.common.api import query, shape
from portal.common.errors import Invalid
from portal.common.pagination import page_of

SHOW = "show"
HELD_OUT = query(
    "held_out",
    "`show` gives the content of held-out examples to whoever may see it, and is recorded.",
)


def texts(**more: Any) -> ListField:
    """Return a list of texts."""
    return ListField(child=CharField(), **more)


DATASET = {
    "ref": CharField(),
    "name": CharField(),
    "purpose": CharField(),
    "description": CharField(),
    "sources": JSONField(help_text="A list of {type, ref, licence}."),
    "data_class": CharField(),
    "contains_pii": BooleanField(),
    "variables": texts(),
    "expected_schema": JSONField(allow_null=True),
    "row_version": IntegerField(help_text="Send it as If-Match."),
}
VERSION = {
    "number": IntegerField(),
    "digest": CharField(),
    "note": CharField(),
    "n": IntegerField(help_text="How many examples."),
    "kinds": DictField(child=IntegerField()),
    "held_out": IntegerField(help_text="How many of them are held out."),
    "declared": JSONField(),
    "created_at": CharField(),
}
# What somebody sends of an example; it is read by the rules of an import.
WRITTEN = {
    "kind": CharField(required=False),
    "input": JSONField(),
    "context": JSONField(required=False),
    "expected": JSONField(required=False, allow_null=True),
    "expects": CharField(required=False),
    "must_include": texts(required=False),
    "must_not_include": texts(required=False),
    "tags": texts(required=False),
    "weight": FloatField(required=False),
    "held_out": BooleanField(required=False),
    "source": CharField(required=False),
    "licence": CharField(required=False),
}
EXAMPLE = {
    "key": CharField(),
    "kind": CharField(),
    "input": JSONField(allow_null=True),
    "context": JSONField(),
    "expected": JSONField(allow_null=True),
    "expects": CharField(),
    "must_include": texts(),
    "must_not_include": texts(),
    "tags": texts(),
    "weight": FloatField(),
    "held_out": BooleanField(),
    "hidden": BooleanField(help_text="Held out, and its content is not shown: it is empty here."),
    "source": CharField(),
    "licence": CharField(),
    "digest": CharField(),
}
PROPOSAL = {
    "id": CharField(),
    "state": CharField(),
    "key": CharField(),
    "replaces": CharField(help_text="The example of the draft that it would replace, or empty."),
    "content": JSONField(allow_null=True),
    "reason": CharField(),
    "source": CharField(),
    "source_ref": CharField(),
    "proposed_by": CharField(),
    "proposed_at": CharField(),
    "decided_by": CharField(),
    "decision_reason": CharField(),
}
EXAMPLES = {"results": shape("Example", EXAMPLE, many=True), "next_cursor": CharField()}


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset as the API gives it."""
    return {name: getattr(dataset, name) for name in DATASET}


def version_json(version: DatasetVersion) -> dict[str, Any]:
    """Return a version as the API gives it."""
    return {name: getattr(version, name) for name in VERSION}


def example_json(revision: ExampleRevision, sight: Sight) -> dict[str, Any]:
    """Return an example as whoever has this sight gets it."""
    if sight.hides(revision):
        empty = {
            name: [] if name.startswith("must") or name in ("context", "tags") else ""
            for name in EXAMPLE
        }
        return empty | {
            "key": revision.key,
            "kind": revision.kind,
            "input": None,
            "expected": None,
            "weight": revision.weight,
            "held_out": True,
            "hidden": True,
        }
    found = {name: getattr(revision, name) for name in EXAMPLE if name not in ("hidden", "source")}
    # Held out by now, though this revision may be from before.
    return found | {
        "source": revision.source_ref,
        "held_out": sight.holds_out(revision),
        "hidden": False,
    }


def proposal_json(proposal: Proposal, sight: Sight) -> dict[str, Any]:
    """Return a proposal as the API gives it; one that is held out without its content."""
    content = proposal.content
    held_out = bool(content.get("held_out")) or content["key"] in sight.keys
    return {
        "id": str(proposal.pk),
        "state": proposal.state,
        "key": content["key"],
        "replaces": proposal.key,
        "content": None if held_out and not sight.shown else content,
        "reason": "" if held_out and not sight.allowed else proposal.reason,
        "source": proposal.source,
        "source_ref": proposal.source_ref,
        "proposed_by": str(proposal.proposed_by),
        "proposed_at": proposal.created_at,
        "decided_by": str(proposal.decided_by or ""),
        "decision_reason": proposal.decision_reason,
    }


def asked_sight(request: Request, dataset: Dataset) -> Sight:
    """Return what this caller sees of held-out examples. Raises Invalid (choice)."""
    asked = request.query_params.get("held_out", "")
    if asked not in ("", SHOW):
        raise Invalid.field("held_out", "choice", f"Leave it out, or send {SHOW}.")
    return sight_of(signed_in(request), dataset, shown=asked == SHOW)


def tell_reading(
    request: Request,
    dataset: Dataset,
    sight: Sight,
    rows: list[ExampleRevision],
    version: int | None = None,
) -> None:
    """Record that held-out content is given, where it is."""
    if sight.shown:
        services.record_reading(
            actor=signed_in(request),
            dataset=dataset,
            place="api",
            examples=sum(sight.holds_out(one) for one in rows),
            version=version,
        )


def examples_page(
    request: Request,
    dataset: Dataset,
    sight: Sight,
    lines: QuerySet[Any],
    *,
    by: str,
    version: int | None = None,
) -> Response:
    """Answer with a page of the draft's or a version's ``lines``, and record what is told of them.

    Raises Invalid (bad_cursor).
    """
    page = page_of(lines, by=by, cursor=request.query_params.get("cursor", ""))
    rows = [line.revision for line in page.rows]
    tell_reading(request, dataset, sight, rows, version)
    return Response(
        {"results": [example_json(one, sight) for one in rows], "next_cursor": page.next_cursor}
    )


def text_in(body: Any, name: str) -> str:
    """Return a text of the body, "" when it is not there. Raises Invalid (invalid)."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Invalid.field(name, "invalid", "Write a text.")
    return value
