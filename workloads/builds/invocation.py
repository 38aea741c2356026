"""One call of a build: prepare, ask the gateway, finish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.models import CatalogEntry
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

# All tries of one call together: somebody waits for the answer.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one call gave; ``cost`` in ``currency``, the one of the catalog's price.

    ``latency_ms`` is the model's time; 0 when a guard stopped the input before it.
    """

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
    cost: Decimal
    currency: str
    call_id: str


class ModelRefused(DomainError):
    """The gateway refused the request as such."""

    status = 502
    default_code = "gateway"


def invoke(build: Build, given: Any, documents: Sequence[Mapping[str, str]] = ()) -> Invocation:
    """Run one input through ``build``.

    Raises Conflict (switched_off), Invalid (the input lacks a variable), NotReady (no price),
    Unavailable (the gateway does not answer, or not in time) or ModelRefused (it refuses the
    request).
    """
    workload, entry = build.cycle.workload, build.model_lock
    switch = switched_off(workload)
    if switch is not None:
        raise Conflict(
            f"Calls of {workload.ref} are switched off: {switch.reason}", code="switched_off"
        )
    price = price_of(entry)
    if price is None:
        # Said before the call: nothing is spent that could not be counted.
        raise NotReady(f"{entry.gateway_alias} has no price in the catalog.", code="price_missing")
    prompt = build.prompt_version.content
    try:
        prepared = prepare(build.content, prompt, given, documents)
    except RenderError as problem:
        raise Invalid(
            str(problem), errors=[FieldError("input", "invalid", str(problem))]
        ) from problem
    if isinstance(prepared, Blocked):
        return _held_back(prepared, price.currency)
    params = prepared.params
    request = CompletionRequest(
        model=entry.gateway_alias,
        messages=tuple(prepared.messages),  # type: ignore[arg-type]
        max_tokens=int(params["max_tokens"]),
        temperature=params.get("temperature"),
        top_p=params.get("top_p"),
        stop=tuple(params.get("stop") or ()),
        seed=params.get("seed"),
        response_format=prepared.response_format,
        timeout_seconds=PATIENCE_SECONDS,
        accept_models=_names_of(entry),
    )
    try:
        completion = complete_with_retries(request)
    except GatewayError as problem:
        if problem.code in ("bad_request", "not_found", "not_authorised"):
            raise ModelRefused(problem.message) from problem
        raise Unavailable(problem.message) from problem
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
        currency=price.currency,
        call_id=completion.call_id,
    )


def _held_back(blocked: Blocked, currency: str) -> Invocation:
    return Invocation(
        text="",
        blocked=blocked,
        marks=(),
        finish_reason="blocked",
        refused=False,
        model="",
        model_matches=True,
        tokens_in=0,
        tokens_out=0,
        latency_ms=0.0,
        cost=Decimal(0),
        currency=currency,
        call_id="",
    )


def _names_of(entry: CatalogEntry) -> tuple[str, ...]:
    """Return the names under which the gateway may say that this model answered."""
    names = {entry.model, entry.snapshot}
    names |= {f"{entry.provider}/{name}" for name in names if name and entry.provider}
    return tuple(sorted(name for name in names if name))
