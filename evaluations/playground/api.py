"""The playground over the API: what a trial would cost, starting one, its answers, cancelling."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluations.playground import selectors, services
from evaluations.playground.models import Trial, TrialCell
from evaluations.playground.plan import Selection, TrialPlan
from evaluations.playground.planning import Prepared
from portal.accounts.http import signed_in
from portal.common.errors import FieldError, Invalid
from portal.common.money import from_micro
from portal.common.pagination import page_of
from workloads.lifecycle.policies import require
from workloads.lifecycle.selectors import workload_for

_CHOICES = ("models", "prompts", "dataset", "examples", "inputs")


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


def _body(request: Request, fields: tuple[str, ...]) -> dict[str, Any]:
    body = request.data
    if not isinstance(body, dict):
        raise Invalid(f"Send an object with {', '.join(fields)}.", code="bad_body")
    unknown = sorted(str(name) for name in set(body) - set(fields))
    if unknown:
        errors = [
            FieldError(
                name[:60], "unknown_field", f"Not a field of this call; use {', '.join(fields)}."
            )
            for name in unknown
        ]
        raise Invalid("Unknown field.", errors=errors)
    return body


def _texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Invalid.field(name, "invalid", f"{name} is a list of texts.")
    return tuple(found)


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
        models=_texts(body, "models"),
        prompts=_texts({"prompts": prompts}, "prompts"),
        dataset=dataset,
        examples=_texts(body, "examples"),
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


class TrialList(APIView):
    """The trials of a workload."""

    def get(self, request: Request, ref: str) -> Response:
        """List them, newest first."""
        user = signed_in(request)
        unknown = sorted(set(request.query_params) - {"cursor"})
        if unknown:
            raise Invalid(f"Unknown filter: {unknown[0]:.40}.", code="unknown_filter")
        page = page_of(
            selectors.trials_for(user, workload_for(user, ref)),
            by="-number",
            cursor=request.query_params.get("cursor", ""),
        )
        rows = [_trial(one) for one in page.rows]
        return Response({"results": rows, "next_cursor": page.next_cursor})

    def post(self, request: Request, ref: str) -> Response:
        """Start one: models, prompts, dataset with examples, or inputs, and a cap."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        body = _body(request, (*_CHOICES, "cap"))
        trial = services.start_trial(
            actor=user, workload=workload, selection=_selection(body), cap=_cap(body)
        )
        return Response(_trial(trial), status=201)


class TrialOutlook(APIView):
    """What a trial would cost."""

    def post(self, request: Request, ref: str) -> Response:
        """Return its calls and its worst case; nothing is kept and nothing is called."""
        user = signed_in(request)
        workload = workload_for(user, ref)
        require(user, workload, "edit")
        chosen = _selection(_body(request, _CHOICES))
        return Response(_outlook(services.outlook(actor=user, workload=workload, selection=chosen)))


class TrialDetail(APIView):
    """One trial with every answer."""

    def get(self, request: Request, ref: str, trial_id: UUID) -> Response:
        """Show it."""
        return Response(_whole(selectors.trial_for(signed_in(request), ref, trial_id)))


class TrialCancel(APIView):
    """Ending a trial."""

    def post(self, request: Request, ref: str, trial_id: UUID) -> Response:
        """Cancel it; the body is empty or ``{}``."""
        user = signed_in(request)
        found = selectors.trial_for(user, ref, trial_id)
        if request.data:
            raise Invalid("This call takes no fields.", code="unknown_field")
        return Response(_trial(services.cancel_trial(actor=user, trial=found)))


_TRIALS = "workloads/<str:ref>/playground/trials"
api_urlpatterns = [
    path(_TRIALS, TrialList.as_view()),
    path("workloads/<str:ref>/playground/outlook", TrialOutlook.as_view()),
    path(f"{_TRIALS}/<uuid:trial_id>", TrialDetail.as_view()),
    path(f"{_TRIALS}/<uuid:trial_id>/cancel", TrialCancel.as_view()),
]
