"""Judges over the API: read them and their calibrations, and label."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, IntegerField, JSONField, ListField

from evaluations.judges import selectors, services
from evaluations.judges.enums import Label, Levels
from evaluations.judges.models import Calibration, JudgeVersion
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, shape
from portal.common.errors import Invalid
from workloads.lifecycle.selectors import workload_for


def _version(version: JudgeVersion, found: Calibration | None) -> dict[str, Any]:
    standing, reasons, _ = selectors.standing_by(found)
    return {
        "name": version.judge.name,
        "number": version.number,
        "kind": "pairwise" if version.pairwise else "pointwise",
        "measure": None if version.pairwise else f"judge:{version.judge.name}",
        "criterion": version.criterion,
        "rubric": version.rubric,
        "levels": [label.value for label in Levels(version.levels).labels],
        "given": version.given,
        "model": version.alias,
        "snapshot": version.snapshot,
        "digest": version.digest,
        "calibration_set": f"{version.calibration_set.dataset.ref}"
        f" version {version.calibration_set.number}",
        "standing": standing.value,
        "reasons": reasons,
    }


_VERSION = {
    "name": CharField(),
    "number": IntegerField(),
    "kind": CharField(help_text="pointwise grades one answer, pairwise compares two"),
    "measure": CharField(
        allow_null=True, help_text="The key of its measure on scorecards; a pairwise one has none."
    ),
    "criterion": CharField(),
    "rubric": CharField(),
    "levels": ListField(child=CharField(), help_text="What it may say."),
    "given": CharField(),
    "model": CharField(),
    "snapshot": CharField(),
    "digest": CharField(),
    "calibration_set": CharField(),
    "standing": CharField(help_text="usable, advisory or off"),
    "reasons": ListField(child=CharField()),
}


class JudgeList(Endpoint):
    """The judges of a workload, each in its newest version."""

    @described(gives=shape("Judges", {"results": shape("JudgeLine", _VERSION, many=True)}))
    def get(self, request: Request, ref: str) -> Response:
        """List the judges of a workload, each in its newest version."""
        workload = workload_for(signed_in(request), ref)
        versions = selectors.newest_versions(workload)
        found = selectors.newest_calibrations(versions)
        return Response({"results": [_version(one, found.get(one.pk)) for one in versions]})


class JudgeDetail(Endpoint):
    """One version of a judge with its calibration."""

    @described(gives=shape("Judge", {**_VERSION, "calibration": JSONField(allow_null=True)}))
    def get(self, request: Request, ref: str, name: str, number: int) -> Response:
        """Show a version of a judge: what it asks, and how far it agrees with people."""
        version = selectors.version_for(signed_in(request), ref, name, number)
        found = selectors.calibration_of(version)
        return Response(
            _version(version, found) | {"calibration": found.document if found else None}
        )


class LabelList(Endpoint):
    """What people say of the examples of a calibration set."""

    @described(
        takes=shape(
            "LabelGiven",
            {"revision": CharField(), "label": CharField(help_text="one of the judge's levels")},
        ),
        gives=shape("Label", {"revision": CharField(), "label": CharField()}),
        status=201,
    )
    def post(self, request: Request, ref: str, name: str, number: int) -> Response:
        """Say of one example whether its answer passes, or which is better; again changes it."""
        user = signed_in(request)
        version = selectors.version_for(user, ref, name, number)
        body = body_of(request)
        label = body.get("label")
        try:
            revision = UUID(str(body.get("revision")))
        except ValueError as problem:
            words = "Send the id of an example of the calibration set."
            raise Invalid.field("revision", "invalid", words) from problem
        if not isinstance(label, str):
            raise Invalid.field("label", "choice", f"Use one of {', '.join(Label.values)}.")
        made = services.label_example(
            actor=user, version=version, revision_id=revision, label=label
        )
        return Response({"revision": str(made.revision_id), "label": made.label}, status=201)


_ONE = "workloads/<str:ref>/judges/<str:name>/versions/<int:number>"
api_urlpatterns = [
    path("workloads/<str:ref>/judges", JudgeList.as_view()),
    path(_ONE, JudgeDetail.as_view()),
    path(f"{_ONE}/labels", LabelList.as_view()),
]
