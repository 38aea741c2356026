"""Outside evidence over the API: what other tools measured, listed, read and brought in."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, DictField, IntegerField

from evaluations.preferences.policies import require_unblinded
from evaluations.scorecards import services
from evaluations.scorecards.models import OutsideEvidence
from evaluations.scorecards.outside import MOST_BYTES
from evaluations.scorecards.selectors import may_read_cases, outside_for, outside_in
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    described,
    page_response,
    page_shape,
    query,
    shape,
)
from portal.common.errors import Invalid
from portal.common.parsers import TooLarge
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_OUTSIDE = {
    "number": IntegerField(),
    "format": CharField(),
    "filename": CharField(),
    "title": CharField(),
    "note": CharField(),
    "cases": IntegerField(),
    "digest": CharField(help_text="SHA-256 over the file as it came."),
    "imported_at": CharField(),
    "imported_by": CharField(),
    "advisory": BooleanField(help_text="Always true: no gate reads outside evidence."),
}


def _outside(one: OutsideEvidence) -> dict[str, Any]:
    return {
        "number": one.number,
        "format": one.format,
        "filename": one.filename,
        "title": one.title,
        "note": one.note,
        "cases": one.cases,
        "digest": one.digest,
        "imported_at": one.created_at.isoformat(),
        "imported_by": str(one.created_by or ""),
        "advisory": True,
    }


class OutsideList(Endpoint):
    """What other tools measured."""

    # The body is a file of up to 5 MB, and the same file is refused by its digest anyway.
    answers_once = False

    @described(
        gives=page_shape("OutsideEvidenceList", shape("OutsideEvidenceLine", _OUTSIDE, many=True)),
        parameters=[CURSOR],
        refuses={400: "The cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the outside evidence of a workload, newest first. It is advice."""
        user = signed_in(request)
        rows = outside_in(workload_for(user, ref))
        return page_response(request, rows, _outside, by="-number")

    @described(
        takes={"application/json": OpenApiTypes.OBJECT},
        gives=shape("OutsideEvidenceLine", _OUTSIDE),
        status=201,
        parameters=[
            query("filename", "How the file was called."),
            query("note", "What it is about, at most 400 characters."),
        ],
        refuses={413: "The file is larger than 5 MB.", 415: "It is not sent as JSON."},
    )
    def post(self, request: Request, ref: str) -> Response:
        """Keep a results file of promptfoo or an Inspect log beside the scorecards, as advice.

        The body is the file as it is, byte for byte, up to 5 MB: the digest is over it. The same
        file is not kept twice.
        """
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        given = request.query_params
        unknown = sorted(set(given) - {"filename", "note"})
        if unknown:
            raise Invalid(f"Unknown parameter: {unknown[0][:60]}.", code="unknown_filter")
        media = (request.content_type or "").partition(";")[0].strip().lower()
        if media not in ("", "application/json", "application/octet-stream"):
            raise UnsupportedMediaType(media, "Send the file itself as application/json.")
        data = request.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise TooLarge(f"The file is larger than {MOST_BYTES // 2**20} MB.")
        made = services.import_outside_evidence(
            actor=user,
            workload=workload,
            filename=given.get("filename", ""),
            data=data,
            note=given.get("note", ""),
        )
        return Response(_outside(made), status=201)


class OutsideDetail(Endpoint):
    """One file of another tool."""

    @described(gives=shape("OutsideEvidence", {**_OUTSIDE, "document": DictField()}))
    def get(self, request: Request, ref: str, number: int) -> Response:
        """Show what was read from an outside file: its figures and cases.

        Who writes prompts of a workload that holds examples out gets no cases, unless they brought
        the file themselves.
        """
        user = signed_in(request)
        found = outside_for(user, ref, number)
        require_unblinded(user, found.workload)
        document = found.document
        if not may_read_cases(user, found):
            document = {name: value for name, value in document.items() if name != "cases"}
        return Response(_outside(found) | {"document": document})
