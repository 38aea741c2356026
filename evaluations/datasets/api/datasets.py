"""Datasets over the API: list, make, read, change, and whether one is good enough."""

from collections import Counter
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
)

from evaluations.datasets import selectors, services
from evaluations.datasets.api.shapes import (
    DATASET,
    VERSION,
    dataset_json,
    texts,
    version_json,
)
from evaluations.datasets.checks import findings
from evaluations.datasets.enums import DataClass, Purpose
from evaluations.datasets.heldout import sight_of
from evaluations.datasets.quality import findings_for, smallest_difference
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, header, shape
from portal.common.choices import ToneChoices
from portal.common.errors import Conflict, Invalid
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_SAID = {
    "name": CharField(required=False),
    "description": CharField(required=False),
    "sources": JSONField(required=False, help_text="A list of {type, ref, licence}."),
    "data_class": CharField(required=False),
    "contains_pii": BooleanField(required=False),
    "variables": texts(required=False),
    "expected_schema": JSONField(required=False, allow_null=True),
}


def _word(body: Any, name: str, words: type[ToneChoices], default: str) -> str:
    value = body.get(name, default)
    if value not in words.values:
        raise Invalid.field(name, "choice", f"Use one of {', '.join(words.values)}.")
    return str(value)


def _said(body: Any, now: dict[str, Any]) -> dict[str, Any]:
    """Return what is said about a dataset, of the types that the service takes."""
    found = {**now, **{name: body[name] for name in _SAID if name in body}}
    for name in ("name", "description"):
        if not isinstance(found[name], str):
            raise Invalid.field(name, "invalid", "Write a text.")
    if not isinstance(found["contains_pii"], bool):
        raise Invalid.field("contains_pii", "invalid", "Send true or false.")
    sources = found["sources"]
    if not isinstance(sources, list) or not all(
        isinstance(one, dict) and all(isinstance(part, str) for part in one.values())
        for one in sources
    ):
        raise Invalid.field("sources", "invalid", 'Send [{"type": …, "ref": …, "licence": …}].')
    names = found["variables"]
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise Invalid.field("variables", "invalid", "Send a list of names.")
    found["data_class"] = DataClass(_word(found, "data_class", DataClass, DataClass.INTERNAL))
    return found


class DatasetList(Endpoint):
    """The datasets of a workload."""

    @described(gives=shape("Datasets", {"results": shape("DatasetLine", DATASET, many=True)}))
    def get(self, request: Request, ref: str) -> Response:
        """List the datasets of a workload."""
        user = signed_in(request)
        rows = selectors.datasets_for(user, workload_for(user, ref))
        return Response({"results": [dataset_json(one) for one in rows]})

    @described(
        takes=shape(
            "DatasetNew", {**_SAID, "name": CharField(), "purpose": CharField(required=False)}
        ),
        gives=shape("DatasetLine", DATASET),
        status=201,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Make an empty dataset."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        body = body_of(request)
        said = _said(
            body,
            {
                "name": "",
                "description": "",
                "sources": [],
                "data_class": DataClass.INTERNAL.value,
                "contains_pii": False,
                "variables": [],
                "expected_schema": None,
            },
        )
        purpose = Purpose(_word(body, "purpose", Purpose, Purpose.GOLDEN))
        made = services.create_dataset(actor=user, workload=workload, purpose=purpose, **said)
        return Response(dataset_json(made), status=201)


class DatasetDetail(Endpoint):
    """One dataset with its versions."""

    @described(
        gives=shape("Dataset", {**DATASET, "versions": shape("DatasetVersion", VERSION, many=True)})
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Show a dataset with its versions."""
        found = selectors.dataset_for(signed_in(request), ref, dataset_ref)
        versions = [version_json(one) for one in selectors.versions_of(found)[:200]]
        return Response(dataset_json(found) | {"versions": versions})

    @described(
        takes=shape("DatasetSaid", _SAID),
        gives=shape("DatasetLine", DATASET),
        parameters=[header("If-Match", "The `row_version` that you read.", required=True)],
    )
    def patch(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Change what is said about a dataset; what is not sent stays."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        require(user, found.workload, "edit")
        now = {name: getattr(found, name) for name in _SAID}
        seen = request.headers.get("If-Match", "").strip().strip('"')
        if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
            raise Conflict(
                'Send the row version that you read, such as If-Match: "3".',
                code="version_required",
            )
        changed = services.edit_dataset(
            actor=user, dataset=found, row_version=int(seen), **_said(body_of(request), now)
        )
        return Response(dataset_json(changed))


_FINDING = {
    "code": CharField(),
    "level": CharField(help_text="fail keeps the draft from being committed, warn does not."),
    "message": CharField(),
    "keys": texts(),
}
_SHARE = {
    "kind": CharField(),
    "count": IntegerField(),
    "share": FloatField(),
    "minimum": FloatField(),
    "missing": IntegerField(),
}


class QualityDetail(Endpoint):
    """Whether a draft is good enough."""

    @described(
        gives=shape(
            "DatasetQuality",
            {
                "n": IntegerField(),
                "findings": shape("DatasetFinding", _FINDING, many=True),
                "shares": shape("KindShare", _SHARE, many=True),
                "near_duplicates": ListField(child=JSONField(), help_text="[key, key, 0 to 100]"),
                "every_pair_compared": BooleanField(),
                "smallest_difference": FloatField(
                    allow_null=True, help_text="Of two pass rates, as a share, at 80 % power."
                ),
            },
        )
    )
    def get(self, request: Request, ref: str, dataset_ref: str) -> Response:
        """Say what a commit of the draft would be told, its mix, and what it could show."""
        user = signed_in(request)
        found = selectors.dataset_for(user, ref, dataset_ref)
        rows = selectors.draft_revisions(found)
        seen = findings_for(found, sight_of(user, found), lambda: rows)
        mix = selectors.shares(Counter(one.kind for one in rows))
        return Response(
            {
                "n": len(rows),
                "findings": [
                    {**{name: getattr(one, name) for name in _FINDING}, "keys": list(one.keys)}
                    for one in findings(found, rows)
                ],
                "shares": [{name: getattr(one, name) for name in _SHARE} for one in mix],
                "near_duplicates": [list(pair) for pair in seen.pairs],
                "every_pair_compared": seen.complete,
                "smallest_difference": smallest_difference(len(rows)),
            }
        )
