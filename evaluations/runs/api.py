"""Runs over the API: list, progress, cancel, pause, resume. Never a score."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, FloatField, IntegerField

from evaluations.runs import selectors, services
from evaluations.runs.models import Run
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    described,
    known,
    no_fields,
    page_response,
    page_shape,
    shape,
)
from portal.common.money import from_micro
from workloads.lifecycle.selectors import workload_for

_ACTS = {
    "cancel": services.cancel_run,
    "pause": services.pause_run,
    "resume": services.resume_run,
}


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "number": run.number,
        "purpose": run.purpose,
        "state": run.state,
        "stop": run.stop,
        "reason": run.reason,
        "plan_digest": run.digest,
        "planned": run.planned,
        "cost": str(from_micro(run.spent_micro + run.overrun_micro)),
        "cap": str(from_micro(run.cap_micro)),
        "currency": run.currency,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _progress(run: Run) -> dict[str, Any]:
    seen = selectors.progress(run)
    return _run(run) | {
        "done": seen.done,
        "errors": {one.code: one.count for one in seen.errors},
        "seconds_left": seen.seconds_left,
        "candidates": [
            {
                "name": one.name,
                "planned": one.planned,
                "done": one.done,
                "errors": one.errors,
                "cost": str(one.cost),
                "stopped_reason": one.stopped_reason,
            }
            for one in seen.candidates
        ],
    }


_RUN = {
    "id": CharField(),
    "number": IntegerField(),
    "purpose": CharField(),
    "state": CharField(),
    "stop": CharField(),
    "reason": CharField(),
    "plan_digest": CharField(),
    "planned": IntegerField(),
    "cost": CharField(),
    "cap": CharField(),
    "currency": CharField(),
    "started_at": CharField(allow_null=True),
    "finished_at": CharField(allow_null=True),
}
_PROGRESS = shape(
    "Run",
    {
        **_RUN,
        "done": IntegerField(),
        "errors": DictField(child=IntegerField()),
        "seconds_left": FloatField(allow_null=True),
        "candidates": shape(
            "RunCandidate",
            {
                "name": CharField(),
                "planned": IntegerField(),
                "done": IntegerField(),
                "errors": IntegerField(),
                "cost": CharField(),
                "stopped_reason": CharField(),
            },
            many=True,
        ),
    },
)


class RunList(Endpoint):
    """The runs of a workload."""

    @described(
        gives=page_shape("Runs", shape("RunLine", _RUN, many=True)),
        parameters=[CURSOR],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the runs of a workload, newest first."""
        user = signed_in(request)
        known(request, ["cursor"])
        rows = selectors.runs_for(user, workload_for(user, ref))
        return page_response(request, rows, _run, by="-number")


class RunDetail(Endpoint):
    """One run: how far it is."""

    @described(gives=_PROGRESS)
    def get(self, request: Request, ref: str, run_id: UUID) -> Response:
        """Show how far a run is."""
        return Response(_progress(selectors.run_for(signed_in(request), ref, run_id)))


class RunAct(Endpoint):
    """Steering a run."""

    @described(gives=_PROGRESS)
    def post(self, request: Request, ref: str, run_id: UUID, act: str) -> Response:
        """Cancel, pause or resume a run."""
        user = signed_in(request)
        found = selectors.run_for(user, ref, run_id)
        no_fields(request)
        return Response(_progress(_ACTS[act](actor=user, run=found)))


_ONE = "workloads/<str:ref>/runs/<uuid:run_id>"
api_urlpatterns = [
    path("workloads/<str:ref>/runs", RunList.as_view()),
    path(_ONE, RunDetail.as_view()),
    *(path(f"{_ONE}/{act}", RunAct.as_view(), {"act": act}) for act in _ACTS),
]
