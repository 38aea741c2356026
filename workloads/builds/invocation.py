"""One call of a build: prepare, ask the gateway, finish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.selectors import price_of
from portal.common.errors import Conflict, DomainError, FieldError, Invalid, NotReady, Unavailable
from portal.common.text import storable
from portal.gateway import cost
from portal.gateway.client import complete_with_retries
from portal.gateway.errors import GatewayError
from portal.gateway.types import CompletionRequest
from workloads.builds.models import Build
from workloads.builds.pipeline import Blocked, finish, prepare
from workloads.builds.selectors import switched_off
from workloads.prompts.rendering import RenderError


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one call gave; ``cost`` in the catalog price's currency, ``latency_ms`` of the model."""

    text: str
    blocked: Blocked | None
    marks: tuple[str, ...]
    finish_reason: str
    refused: bool
    model: str
    model_matches: bool
    tokens_in: int
    tokens_out: int
    latency_ms: float
    cost: Decimal | None
    call_id: str


class ModelRefused(DomainError):
    """The gateway refused the request as such."""

    status = 502
    default_code = "gateway"


def invoke(build: Build, given: Any, documents: Sequence[Mapping[str, str]] = ()) -> Invocation:
    """Run one input through ``build``.

    Raises Conflict (switched_off), Invalid (the input lacks a variable), Unavailable (the gateway
    does not answer, or not in time) or ModelRefused (it refuses the request).
    """
    workload = build.cycle.workload
    switch = switched_off(workload)
    if switch is not None:
        raise Conflict(
            f"{workload.ref} is switched off: {switch.reason or 'kill switch'}.",
            code="switched_off",
        )
    prompt = build.prompt_version.content
    try:
        prepared = prepare(build.content, prompt, given, documents)
    except RenderError as problem:
        raise Invalid(
            str(problem), errors=[FieldError("input", "invalid", str(problem))]
        ) from problem
    if isinstance(prepared, Blocked):
        return Invocation("", prepared, (), "blocked", False, "", True, 0, 0, 0.0, Decimal(0), "")
    params = prepared.params
    request = CompletionRequest(
        model=build.model_lock.gateway_alias,
        messages=tuple(prepared.messages),  # type: ignore[arg-type]
        max_tokens=int(params["max_tokens"]),
        temperature=params.get("temperature"),
        top_p=params.get("top_p"),
        stop=tuple(params.get("stop") or ()),
        seed=params.get("seed"),
        response_format=prepared.response_format,
    )
    try:
        completion = complete_with_retries(request)
    except GatewayError as problem:
        if problem.code in ("bad_request", "not_found", "not_authorised"):
            raise ModelRefused(problem.message) from problem
        raise Unavailable(problem.message) from problem
    price = price_of(build.model_lock)
    if price is None:
        raise NotReady("The model has no price in the catalog.")
    answer = finish(build.content, prompt, storable(completion.text)[0])
    listed = cost.cost(completion.tokens_in, completion.tokens_cached, completion.tokens_out, price)
    return Invocation(
        text=answer.text,
        blocked=answer.blocked,
        marks=(*prepared.marks, *answer.marks),
        finish_reason=completion.finish_reason,
        refused=completion.refused,
        model=completion.model,
        model_matches="model_mismatch" not in completion.flags,
        tokens_in=completion.tokens_in,
        tokens_out=completion.tokens_out,
        latency_ms=completion.latency_ms,
        cost=max(listed, completion.gateway_cost or Decimal(0)),
        call_id=completion.call_id,
    )
