"""Datasets over the API: read them and their versions, commit a draft."""

from typing import Any

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

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import Kind
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, query, shape
from portal.common.errors import Invalid
from portal.common.pagination import page_of
from workloads.lifecycle.selectors import workload_for


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        "ref": dataset.ref,
        "name": dataset.name,
        "purpose": dataset.purpose,
        "description": dataset.description,
        "data_class": dataset.data_class,
        "contains_pii": dataset.contains_pii,
    }


def _version(version: DatasetVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "digest": version.digest,
        "note": version.note,
        "n": version.n,
        "kinds": version.kinds,
        "created_at": version.created_at,
    }


def _example(revision: ExampleRevision) -> dict[str, Any]:
    return {
        "key": revision.key,
        "kind": revision.kind,
        "input": revision.input,
        "context": revision.context,
        "expected": revision.expected,
        "expects": revision.expects,
        "must_include": revision.must_include,
        "must_not_include": revision.must_not_include,
        "tags": revision.tags,
        "weight": revision.weight,
        "source": revision.source_ref,
        "licence": revision.licence,
        "digest": revision.digest,
    }


_DATASET = {
    "ref": CharField(),
    "name": CharField(),
    "purpose": CharField(),
    "description": CharField(),
    "data_class": CharField(),
    "contains_pii": BooleanField(),
}
_VERSION = {
    "number": IntegerField(),
    "digest": CharField(),
    "note": CharField(),
    "n": IntegerField(help_text="How many examples."),
    "kinds": DictField(child=IntegerField()),
    "created_at": CharField(),
}


def _texts() -> ListField:
    return ListField(child=CharField())


_EXAMPLE = {
    "key": CharField(),
    "kind": CharField(),
    "input": JSONField(),
    "context": JSONField(),
    "expected": JSONField(allow_null=True),
    "expects": CharField(),
    "must_include": _texts(),
    "must_not_include": _texts(),
    "tags": _texts(),
    "weight": FloatField(),
    "source": CharField(),
    "licence": CharField(),
    "digest": CharField(),
}


class DatasetList(Endpoint):
    """The datasets of a workload."""

    @described(gives=shape("Datasets", {"results": shape("DatasetLine", _DATASET, many=True)}))
    def get(self, request: Request, ref: str) -> Response:
        """List the datasets of a workload."""
        user = signed_in(request)
        rows = selectors.datasets_for(user, workload_for(user, ref))
        return Response({"results": [_dataset(one) for one in rows]})


class DatasetDetail(Endpoint):
    """One dataset with its versions."""

    @described(
        gives=shape(
            "Dataset", {**_DATASET, "versions": shape("DatasetVersion", _VERSION, many=True)}
        )
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Show a dataset with its versions."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        versions = [_version(one) for one in selectors.versions_of(found)[:200]]
        return Response(_dataset(found) | {"versions": versions})


class VersionList(Endpoint):
    """Committing the draft of a dataset."""

    @described(
        takes=shape("DatasetCommit", {"note": CharField(required=False)}),
        gives=shape("DatasetVersion", _VERSION),
        status=201,
    )
    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Commit the draft of a dataset as its next version; the note says what changed."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        body = body_of(request)
        if not isinstance(body.get("note", ""), str):
            raise Invalid.field("note", "invalid", 'Send {"note": "what changed"}.')
        version = services.commit_version(actor=user, dataset=found, note=body.get("note", ""))
        return Response(_version(version), status=201)


class ExampleList(Endpoint):
    """The examples of one version, in pages of 50."""

    @described(
        gives=shape(
            "Examples",
            {"results": shape("Example", _EXAMPLE, many=True), "next_cursor": CharField()},
        ),
        parameters=[
            query("kind", "typical, edge or adversarial."),
            query("cursor", "The `next_cursor` of the page before."),
        ],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request, ref: str, dataset_ref: str, number: int) -> Response:
        """List the examples of a dataset version, in pages of 50."""
        found = selectors.version_for(signed_in(request), ref, dataset_ref, number)
        unknown = sorted(set(request.query_params) - {"kind", "cursor"})
        if unknown:
            raise Invalid(f"Unknown filter: {unknown[0]}.", code="unknown_filter")
        kind = request.query_params.get("kind", "")
        if kind and kind not in Kind.values:
            raise Invalid.field("kind", "choice", f"Use one of {', '.join(Kind.values)}.")
        page = page_of(
            selectors.version_lines(found, kind),
            by="position",
            cursor=request.query_params.get("cursor", ""),
        )
        rows = [_example(line.revision) for line in page.rows]
        return Response({"results": rows, "next_cursor": page.next_cursor})


_ONE = "workloads/<str:ref>/datasets/<str:dataset_ref>"
api_urlpatterns = [
    path("workloads/<str:ref>/datasets", DatasetList.as_view()),
    path(_ONE, DatasetDetail.as_view()),
    path(f"{_ONE}/versions", VersionList.as_view()),
    path(f"{_ONE}/versions/<int:number>/examples", ExampleList.as_view()),
]
