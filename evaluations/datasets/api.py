"""Datasets over the API: read them and their versions, commit a draft."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluations.datasets import selectors, services
from evaluations.datasets.enums import Kind
from evaluations.datasets.models import Dataset, DatasetVersion, ExampleRevision
from portal.accounts.http import signed_in
from portal.common.errors import FieldError, Invalid
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


class DatasetList(APIView):
    """The datasets of a workload."""

    def get(self, request: Request, ref: str) -> Response:
        """List them."""
        user = signed_in(request)
        rows = selectors.datasets_for(user, workload_for(user, ref))
        return Response({"results": [_dataset(one) for one in rows]})


class DatasetDetail(APIView):
    """One dataset with its versions."""

    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Show it."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        versions = [_version(one) for one in selectors.versions_of(found)[:200]]
        return Response(_dataset(found) | {"versions": versions})


class VersionList(APIView):
    """Committing the draft of a dataset."""

    def post(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Make the draft the next version: ``{"note": "what changed"}``."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        body = request.data
        if not isinstance(body, dict) or not isinstance(body.get("note", ""), str):
            raise Invalid.field("note", "invalid", 'Send {"note": "what changed"}.')
        unknown = sorted(set(body) - {"note"})
        if unknown:
            errors = [FieldError(n, "unknown_field", "Not a field of this call.") for n in unknown]
            raise Invalid("Unknown field.", errors=errors)
        version = services.commit_version(actor=user, dataset=found, note=body.get("note", ""))
        return Response(_version(version), status=201)


class ExampleList(APIView):
    """The examples of one version, in pages of 50."""

    def get(self, request: Request, ref: str, dataset_ref: str, number: int) -> Response:
        """List them; ``kind`` filters, ``cursor`` goes on."""
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


_ONE = "workloads/<str:ref>/datasets/<str:dataset_ref>/"
api_urlpatterns = [
    path("workloads/<str:ref>/datasets/", DatasetList.as_view()),
    path(_ONE, DatasetDetail.as_view()),
    path(f"{_ONE}versions/", VersionList.as_view()),
    path(f"{_ONE}versions/<int:number>/examples/", ExampleList.as_view()),
]
