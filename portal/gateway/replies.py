"""From the bytes of a reply to a ``Completion`` in which nothing is believed unchecked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.gateway.cost import estimate_prompt_tokens, estimate_tokens
from portal.gateway.errors import GatewayError
from portal.gateway.types import Completion, CompletionRequest

COST_HEADER = "x-litellm-response-cost"
CALL_ID_HEADER = "x-litellm-call-id"
MAX_COST = Decimal(1_000_000)
# A prompt has at most a token a byte; the rest is room for a gateway's own system text and the chat
# format.
PROMPT_ROOM = 4096
# Some providers count their end marks on top of max_tokens.
OUTPUT_ROOM = 32
SNAPSHOT = re.compile(r"[-@:](\d{4}-?\d{2}-?\d{2}|\d{3,4}|latest)(-v\d+(:\d+)?)?\Z")


@dataclass(slots=True)
class Draft:
    """What a reply says, in the shape that a whole body and a stream of events share."""

    content: object = None
    refusal: object = None
    tool_calls: bool = False
    finish_reason: object = None
    usage: object = None
    model: object = None
    call_id: object = None
    cleaned: bool = False


def parse_json(body: bytes) -> tuple[Any, bool]:
    """The value of a JSON body, and whether bytes that are no text had to be replaced.

    Raises ``GatewayError``: ``truncated`` when the text ends too early, ``malformed`` for
    everything else that is not one JSON value: prose, HTML, NaN, a key that comes twice, numbers
    and depths that no honest reply has.
    """
    try:
        text, cleaned = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, cleaned = body.decode("utf-8", "replace"), True
    try:
        return _DECODER.decode(text), cleaned
    except json.JSONDecodeError as error:
        stripped = text.strip()
        if stripped.startswith("{") and (
            not stripped.endswith("}") or error.pos >= len(text.rstrip())
        ):
            raise GatewayError("truncated") from None
        raise GatewayError("malformed") from None
    except (ValueError, RecursionError):
        raise GatewayError("malformed") from None


def draft_of_body(body: bytes) -> Draft:
    """Read a whole, unstreamed reply. Raises ``GatewayError`` (``truncated``, ``malformed``,
    ``server_error``).
    """
    value, cleaned = parse_json(body)
    if not isinstance(value, dict):
        raise GatewayError("malformed")
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        if "error" in value and not choices:
            raise GatewayError("server_error")
        raise GatewayError("malformed")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise GatewayError("malformed")
    return Draft(
        content=message.get("content"),
        refusal=message.get("refusal"),
        tool_calls=bool(message.get("tool_calls")),
        finish_reason=choices[0].get("finish_reason"),
        usage=value.get("usage"),
        model=value.get("model"),
        call_id=value.get("id"),
        cleaned=cleaned,
    )


def completion_of(
    draft: Draft,
    request: CompletionRequest,
    headers: Mapping[str, str],
    *,
    latency_ms: float,
    ttft_ms: float | None = None,
) -> Completion:
    """Check a reply against its request. Raises ``GatewayError`` ``malformed`` when there is no
    text to speak of.
    """
    flags: list[str] = []
    finish_reason = _word(draft.finish_reason)
    if not finish_reason:
        finish_reason = "unknown"
        flags.append("finish_reason_missing")
    refusal = draft.refusal if isinstance(draft.refusal, str) else ""
    refused = bool(refusal.strip()) or finish_reason == "content_filter"
    text = _text_of(draft, flags)
    if not text.strip():
        if refused:
            text = refusal
        elif finish_reason == "length" or draft.tool_calls:
            flags.append("content_empty")
        elif draft.content is None:
            raise GatewayError("malformed")
        else:
            flags.append("content_empty")
    text, changed = clean_text(text)
    if changed or draft.cleaned:
        flags.append("text_cleaned")
    tokens_in, tokens_cached, tokens_out, reported = _usage_of(draft.usage, request, text, flags)
    model = _word(draft.model, 200)
    if not model:
        flags.append("model_missing")
    elif not is_same_model(model, (request.model, *request.accept_models)):
        flags.append("model_mismatch")
    return Completion(
        text=text,
        finish_reason=finish_reason,
        refused=refused,
        tokens_in=tokens_in,
        tokens_cached=tokens_cached,
        tokens_out=tokens_out,
        usage_reported=reported,
        gateway_cost=_cost_of(headers.get(COST_HEADER), flags),
        latency_ms=latency_ms,
        ttft_ms=ttft_ms,
        model=model,
        call_id=_word(headers.get(CALL_ID_HEADER), 128) or _word(draft.call_id, 128),
        flags=tuple(dict.fromkeys(flags)),
    )


def clean_text(text: str) -> tuple[str, bool]:
    """The text without what no database takes (NUL, lone surrogates become U+FFFD), and whether
    anything changed.
    """
    cleaned = text.replace("\x00", "\ufffd") if "\x00" in text else text
    try:
        cleaned.encode("utf-8")
    except UnicodeEncodeError:
        # Half of a pair encoded alone cannot be decoded again, and is replaced there.
        cleaned = cleaned.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return cleaned, cleaned != text


def is_same_model(resolved: str, accepted: tuple[str, ...]) -> bool:
    """Whether the gateway's word for the model can stand for one of the names that were asked for.

    The provider's prefix is ignored (``openai/x`` is ``x``), and a dated snapshot is the model it
    is a snapshot of (``x-2025-04-14``). Another size or family (``x-mini``) is another model.
    """
    bare = resolved.casefold().rsplit("/", 1)[-1]
    for name in accepted:
        asked = name.casefold().rsplit("/", 1)[-1]
        if bare == asked or (bare.startswith(asked) and SNAPSHOT.match(bare[len(asked) :])):
            return True
    return False


def _text_of(draft: Draft, flags: list[str]) -> str:
    content = draft.content
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list):
        texts = [
            part.get("text")
            for part in content
            if isinstance(part, dict) and part.get("type") == "text"
        ]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            flags.append("content_parts")
            return "".join(str(text) for text in texts)
    raise GatewayError("malformed")


def _usage_of(
    usage: object, request: CompletionRequest, text: str, flags: list[str]
) -> tuple[int, int, int, bool]:
    """Tokens in, cached, out, and whether they are the gateway's. A count out of its bounds is
    replaced by our own.
    """
    if not isinstance(usage, dict):
        flags.append("usage_missing" if usage is None else "usage_invalid")
        return _estimate_in(request), 0, _estimate_out(request, text), False
    tokens_in = _count(usage.get("prompt_tokens"), _most_in(request, usage), flags)
    tokens_out = _count(usage.get("completion_tokens"), request.max_tokens + OUTPUT_ROOM, flags)
    reported = tokens_in is not None and tokens_out is not None
    tokens_in = _estimate_in(request) if tokens_in is None else tokens_in
    tokens_out = _estimate_out(request, text) if tokens_out is None else tokens_out
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    tokens_cached = 0 if cached is None else _count(cached, tokens_in, flags)
    return tokens_in, tokens_cached or 0, tokens_out, reported


def _estimate_in(request: CompletionRequest) -> int:
    return estimate_prompt_tokens(request.messages)


def _estimate_out(request: CompletionRequest, text: str) -> int:
    return min(estimate_tokens(text), request.max_tokens)


def _most_in(request: CompletionRequest, usage: Mapping[str, Any]) -> int:
    """The most tokens that the request can have had. Its characters, where they are enough for what
    is said: nothing is encoded only to be counted.
    """
    characters = sum(len(message["content"]) for message in request.messages) + PROMPT_ROOM
    said = usage.get("prompt_tokens")
    if isinstance(said, int) and said <= characters:
        return characters
    content = sum(
        len(message["content"].encode("utf-8", "replace")) for message in request.messages
    )
    return max(content, _estimate_in(request)) + PROMPT_ROOM


def _count(value: object, most: int, flags: list[str]) -> int | None:
    if value is None:
        flags.append("usage_missing")
    elif isinstance(value, bool) or not isinstance(value, int):
        flags.append("usage_invalid")
    elif not 0 <= value <= most:
        flags.append("usage_out_of_bounds")
    else:
        return value
    return None


def _cost_of(text: str | None, flags: list[str]) -> Decimal | None:
    if text is None or text.strip().lower() in {"", "none"}:
        return None
    try:
        amount = Decimal(text.strip()) if len(text) <= 40 else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MAX_COST:
        flags.append("cost_invalid")
        return None
    return amount


def _word(value: object, longest: int = 40) -> str:
    """A short printable ASCII word of the gateway, else an empty text."""
    if (
        isinstance(value, str)
        and 0 < len(value) <= longest
        and value.isascii()
        and value.isprintable()
    ):
        return value
    return ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key appears twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# Made once: building one takes as long as reading a short reply with it.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
