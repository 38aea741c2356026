"""What goes to the gateway and what comes back, as plain immutable records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict

Role = Literal["system", "developer", "user", "assistant", "tool"]


class Message(TypedDict):
    """One turn of a conversation in OpenAI's shape."""

    role: Role
    content: str
    name: NotRequired[str]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question to one model.

    ``model`` is the gateway's alias. ``timeout_seconds`` is the total deadline of one attempt:
    connecting, waiting and reading together. ``max_tokens`` is always sent, so that the worst case
    of a call is known before it is made. ``response_format`` is passed on unchanged (OpenAI's
    ``json_schema`` or ``json_object``). ``idempotency_key`` is sent as a header and must be the
    same for every attempt of one item. ``stream`` asks for server-sent events: the reply is still
    one ``Completion``, with the time to the first token measured. ``accept_models`` are names that
    the gateway may say it used without ``model_mismatch`` being flagged, for an alias that stands
    for another name.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    response_format: Mapping[str, Any] | None = None
    idempotency_key: str = ""
    timeout_seconds: float = 60.0
    stream: bool = False
    accept_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, checked: every number is within its bounds and the text can be stored.

    ``finish_reason`` is ``stop``, ``length``, ``content_filter``, ``tool_calls``, another word of
    the gateway, or ``unknown``. ``refused`` is true for a content filter and for a reply that names
    itself a refusal. ``tokens_cached`` are part of ``tokens_in``. When ``usage_reported`` is false
    the tokens are our own estimate. ``gateway_cost`` is what the gateway says the call cost, in its
    currency. ``latency_ms`` runs from the moment the call was made until the last byte; ``ttft_ms``
    until the first text, measured only for streams. ``model`` and ``call_id`` are the gateway's
    words and only shown, never used to find anything.

    Flags: ``model_mismatch``, ``model_missing``, ``usage_missing``, ``usage_invalid``,
    ``usage_out_of_bounds``, ``cost_invalid``, ``text_cleaned``, ``content_parts``,
    ``content_empty``, ``finish_reason_missing``.
    """

    text: str
    finish_reason: str
    refused: bool
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    usage_reported: bool
    gateway_cost: Decimal | None
    latency_ms: float
    ttft_ms: float | None
    model: str
    call_id: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model that the gateway offers.

    Prices are per million tokens in ``currency``; ``None`` where the gateway does not say, or says
    something that is no price: then ``problems`` names the field and what was wrong. ``extra`` are
    the gateway's other keys, unchanged.
    """

    alias: str
    provider: str = ""
    model: str = ""
    context_window: int | None = None
    max_output_tokens: int | None = None
    price_in: Decimal | None = None
    price_cached: Decimal | None = None
    price_out: Decimal | None = None
    currency: str = "USD"
    capabilities: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
