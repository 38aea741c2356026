"""The playground over the API: what a trial would cost, starting one, its answers, cancelling."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    ListField,
)

from evaluations.playground import selectors, services
from evaluations.playground.models import Trial, TrialCell
from evaluations.playground.plan import Selection, TrialPlan
from evaluations.playground.planning import Prepared
from evaluations.preferences.policies import require_unblinded
from portal.accounts.http import signed_in
from portal.common.api import (
    CURSOR,
    Endpoint,
    body_of,
    described,
    known,
    no_fields,
    page_response,
    page_shape,
    shape,
    texts_in,
)
from portal.common.errors import Invalid
from portal.common.money import from_micro
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for


def _texts(**options: Any) -> ListField:
    return ListField(child=CharField(), **options)


_TRIAL = {
    "id": CharField(),
    "number": IntegerField(),
    "evidence": BooleanField(help_text="Always false: no gate and no scorecard reads a trial."),
    "state": CharField(),
    "reason": CharField(),
    "cancel_asked": BooleanField(),
    "models": _texts(),
    "prompts": shape("TrialPrompt", {"label": CharField(), "digest": CharField()}, many=True),
    "dataset": CharField(allow_null=True),
    "dataset_version": IntegerField(allow_null=True),
    "examples": _texts(),
    "cap": CharField(),
    "worst_case": CharField(),
    "cost": CharField(),
    "currency": CharField(),
    "created_at": DateTimeField(),
    "finished_at": DateTimeField(allow_null=True),
}
_CELL = {
    "input": CharField(),
    "model": CharField(),
    "prompt": CharField(),
    "state": CharField(),
    "output": CharField(),
    "finish_reason": CharField(),
    "refused": BooleanField(),
    "error": CharField(allow_null=True),
    "error_detail": CharField(),
    "latency_ms": FloatField(allow_null=True),
    "tokens_in": IntegerField(allow_null=True),
    "tokens_out": IntegerField(allow_null=True),
    "cost": CharField(),
    "scores": shape(
        "TrialScore",
        {
            "name": CharField(),
            "version": IntegerField(),
            "label": CharField(),
            "outcome": CharField(),
            "value": FloatField(allow_null=True),
            "passed": BooleanField(allow_null=True),
            "detail": CharField(),
        },
        many=True,
    ),
    "flags": _texts(),
}
_CHOICES = {
    "models": _texts(help_text="Aliases of the catalog."),
    "prompts": ListField(child=JSONField(), help_text='Numbers of versions, or "draft".'),
    "dataset": CharField(required=False, allow_null=True, help_text="Its reference."),
    "examples": _texts(required=False, help_text="Keys of its newest version."),
    "inputs": ListField(
        child=DictField(child=CharField()),
        required=False,
        help_text="Further inputs, each the values by variable.",
    ),
}


def _trial(trial: Trial) -> dict[str, Any]:
    plan = TrialPlan.from_json(trial.plan)
    chosen = plan.selection
    return {
        "id": str(trial.pk),
        "number": trial.number,
        "evidence": False,
        "state": trial.state,
        "reason": trial.reason,
        "cancel_asked": trial.cancel_asked,
        "models": chosen.models,
        "prompts": [{"label": one.label, "digest": one.digest} for one in plan.prompts],
        "dataset": chosen.dataset or None,
        "dataset_version": trial.dataset_version.number if trial.dataset_version else None,
        "examples": chosen.examples,
        "cap": str(from_micro(trial.cap_micro)),
        "worst_case": str(from_micro(trial.worst_case_micro)),
        "cost": str(from_micro(trial.spent_micro + trial.overrun_micro)),
        "currency": trial.currency,
        "created_at": trial.created_at,
        "finished_at": trial.finished_at,
    }


def _cell(cell: TrialCell, plan: TrialPlan, labels: Mapping[UUID, str]) -> dict[str, Any]:
    column = plan.columns[cell.column]
    return {
        "input": labels[cell.input_id],
        "model": column.pin.alias,
        "prompt": plan.prompts[column.prompt].label,
        "state": cell.state,
        "output": cell.output,
        "finish_reason": cell.finish_reason,
        "refused": cell.refused,
        "error": cell.error_class or None,
        "error_detail": cell.error_detail,
        "latency_ms": cell.latency_ms,
        "tokens_in": cell.tokens_in,
        "tokens_out": cell.tokens_out,
        "cost": str(from_micro(cell.cost_micro)),
        "scores": cell.scores,
        "flags": cell.flags,
    }


def _whole(trial: Trial) -> dict[str, Any]:
    plan = TrialPlan.from_json(trial.plan)
    labels = {one.pk: one.label for one in selectors.inputs_of(trial)}
    cells = [_cell(one, plan, labels) for one in selectors.cells_of(trial)]
    return _trial(trial) | {"cells": cells}


def _read_texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(texts_in(body, name, "texts", needed=False))


def _selection(body: Mapping[str, Any]) -> Selection:
    prompts = body.get("prompts", [])
    if isinstance(prompts, list):
        # A version's number may be written as a number.
        prompts = [
            str(one) if isinstance(one, int) and not isinstance(one, bool) else one
            for one in prompts
        ]
    dataset = body.get("dataset") or ""
    if not isinstance(dataset, str):
        raise Invalid.field("dataset", "invalid", "dataset is the reference of a dataset.")
    typed = body.get("inputs", [])
    if not isinstance(typed, list) or not all(isinstance(one, dict) for one in typed):
        words = 'inputs is a list of objects of values by variable: [{"name": "value"}].'
        raise Invalid.field("inputs", "invalid", words)
    return Selection(
        models=_read_texts(body, "models"),
        prompts=_read_texts({"prompts": prompts}, "prompts"),
        dataset=dataset,
        examples=_read_texts(body, "examples"),
        typed=tuple(typed),
    )


def _cap(body: Mapping[str, Any]) -> Decimal:
    raw = body.get("cap")
    try:
        if isinstance(raw, str) and len(raw) <= 20:
            return Decimal(raw)
        if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
            return Decimal(str(raw))
    except InvalidOperation:
        pass
    raise Invalid.field("cap", "invalid", 'cap is an amount, for example "0.50".')


def _outlook(ready: Prepared) -> dict[str, Any]:
    return {
        "calls": ready.calls,
        "worst_case": str(ready.worst_case),
        "currency": ready.plan.currency,
    }


class TrialList(Endpoint):
    """The trials of a workload."""

    @described(
        gives=page_shape("Trials", shape("TrialLine", _TRIAL, many=True)),
        parameters=[CURSOR],
        refuses={400: "A filter or cursor is not known."},
    )
    def get(self, request: Request, ref: str) -> Response:
        """List the trials of a workload, newest first."""
        user = signed_in(request)
        known(request, ["cursor"])
        rows = selectors.trials_for(user, workload_for(user, ref))
        return page_response(request, rows, _trial, by="-number")

    @described(
        takes=shape(
            "TrialStart",
            {**_CHOICES, "cap": CharField(help_text='The most that it may cost: "0.50".')},
        ),
        gives=shape("TrialLine", _TRIAL),
        status=201,
    )
    def post(self, request: Request, ref: str) -> Response:
        """Start a trial of models with prompts, on examples of a dataset or on inputs."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        body = body_of(request)
        trial = services.start_trial(
            actor=user, workload=workload, selection=_selection(body), cap=_cap(body)
        )
        return Response(_trial(trial), status=201)


class TrialOutlook(Endpoint):
    """What a trial would cost."""

    @described(
        takes=shape("TrialChoices", _CHOICES),
        gives=shape(
            "TrialOutlook",
            {"calls": IntegerField(), "worst_case": CharField(), "currency": CharField()},
        ),
    )
    def post(self, request: Request, ref: str) -> Response:
        """Show the calls and the worst case of a trial; nothing is kept and nothing called."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        chosen = _selection(body_of(request))
        return Response(_outlook(services.outlook(actor=user, workload=workload, selection=chosen)))


class TrialDetail(Endpoint):
    """One trial with every answer."""

    @described(
        gives=shape("Trial", {**_TRIAL, "cells": shape("TrialCell", _CELL, many=True)}),
        refuses={403: "You rate answers of this workload blind (`rates_blind`)."},
    )
    def get(self, request: Request, ref: str, trial_id: UUID) -> Response:
        """Show a trial with every answer."""
        user = signed_in(request)
        found = selectors.trial_for(user, ref, trial_id)
        require_unblinded(user, found.workload)
        return Response(_whole(found))


class TrialCancel(Endpoint):
    """Ending a trial."""

    @described(gives=shape("TrialLine", _TRIAL))
    def post(self, request: Request, ref: str, trial_id: UUID) -> Response:
        """Cancel a trial."""
        user = signed_in(request)
        found = selectors.trial_for(user, ref, trial_id)
        no_fields(request)
        return Response(_trial(services.cancel_trial(actor=user, trial=found)))


_TRIALS = "workloads/<str:ref>/playground/trials"
api_urlpatterns = [
    path(_TRIALS, TrialList.as_view()),
    path("workloads/<str:ref>/playground/outlook", TrialOutlook.as_view()),
    path(f"{_TRIALS}/<uuid:trial_id>", TrialDetail.as_view()),
    path(f"{_TRIALS}/<uuid:trial_id>/cancel", TrialCancel.as_view()),
]
