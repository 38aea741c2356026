"""Comparisons of two candidates by a judge over the API: read them, and start one."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    IntegerField,
    ListField,
)

from evaluations.judges.models import JudgeVersion
from evaluations.judges.selectors import version_for
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.runs.selectors import run_for
from evaluations.scorecards.pairing import compared, comparison_of
from portal.accounts.http import signed_in
from portal.common.api import Endpoint, body_of, described, shape
from portal.common.errors import Invalid
from workloads.lifecycle.policies import require

_PAIRS = {
    "run": CharField(help_text="The run that asks the judge."),
    "state": CharField(),
    "judge": CharField(),
    "version": IntegerField(),
    "digest": CharField(),
    "model": CharField(),
    "first": CharField(),
    "second": CharField(),
    "standing": CharField(help_text="usable, advisory or off"),
    "believed": BooleanField(),
    "why": CharField(help_text="Why it is not believed; empty where it is."),
    "family": ListField(child=CharField(), help_text="Candidates of the judge's own provider."),
    "figures": DictField(
        allow_null=True,
        help_text="Told of the first candidate: n, planned, errors, wins, ties, losses, rate with"
        " its interval, and how far the order of the answers decided. Null until it is complete.",
    ),
    "canaries": DictField(),
    "anchors": DictField(allow_null=True),
    "spent": CharField(),
    "currency": CharField(),
}
_TAKES = {
    "judge": CharField(),
    "version": IntegerField(),
    "first": CharField(help_text="The name of a candidate of the run."),
    "second": CharField(help_text="The name of another one."),
    "cap": CharField(
        required=False,
        help_text="The most that it may cost, an amount as text; left out, the most that it can.",
    ),
}


def _run(request: Request, ref: str, run_id: UUID) -> Run:
    found = run_for(signed_in(request), ref, run_id)
    if found.purpose == RunPurpose.JUDGING:
        raise Http404
    return found


class PairsList(Endpoint):
    """What judges prefer of the candidates of a run, two at a time."""

    @described(
        gives=shape(
            "PreferencesOfJudges",
            {"results": shape("PreferenceOfJudge", _PAIRS, many=True)},
        )
    )
    def get(self, request: Request, ref: str, run_id: UUID) -> Response:
        """List the comparisons of a run's candidates by judges, newest first. They are advice."""
        run = _run(request, ref, run_id)
        return Response({"results": [one.as_json() for one in compared(run)]})

    @described(
        takes=shape("PreferenceAsked", _TAKES),
        gives=shape("PreferenceStarted", _PAIRS),
        status=201,
        refuses={409: "The run is not complete, or the two are compared already."},
    )
    def post(self, request: Request, ref: str, run_id: UUID) -> Response:
        """Ask a judge which of two candidates answered better, on each example in both orders."""
        run = _run(request, ref, run_id)
        require(signed_in(request), run.workload, "edit")
        body = body_of(request)
        made = runs.start_comparison(
            actor=signed_in(request),
            run=run,
            version=_version(request, ref, body),
            first=_place(run, body, "first"),
            second=_place(run, body, "second"),
            cap=_cap(body),
        )
        found = comparison_of(run, made)
        assert found is not None, "it was started for this run"
        return Response(found.as_json(), status=201)


def _version(request: Request, ref: str, body: Mapping[str, Any]) -> JudgeVersion:
    name, number = body.get("judge"), body.get("version")
    if isinstance(name, str) and isinstance(number, int) and 0 < number < 2**31:
        try:
            return version_for(signed_in(request), ref, name, number)
        except Http404:
            pass
    words = "Name a judge of this workload and the number of its version."
    raise Invalid.field("judge", "choice", words)


def _place(run: Run, body: Mapping[str, Any], field: str) -> int:
    names = [one["name"] for one in run.plan["candidates"]]
    if body.get(field) not in names:
        raise Invalid.field(field, "choice", f"Name one of {', '.join(names)}.")
    return names.index(body[field])


def _cap(body: Mapping[str, Any]) -> Decimal | None:
    given = body.get("cap")
    if given is None:
        return None
    try:
        return Decimal(given if isinstance(given, str) else "")
    except InvalidOperation as problem:
        words = 'Send an amount as text, for example "1.50".'
        raise Invalid.field("cap", "invalid", words) from problem
