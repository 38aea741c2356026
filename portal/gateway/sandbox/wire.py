"""OpenAI's chat format: read a request strictly, write answers, chunks and errors."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from portal.gateway.sandbox.traits import JsonObject, SimulatedModel

ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
FORMATS: Final = frozenset({"text", "json_object", "json_schema"})
_BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
_CACHE_BLOCK = 128
_CACHE_FROM = 1024
_PIECE = 24


class RejectedRequestError(Exception):
    """A request that is answered with an error body. ``status`` is the HTTP status, the rest is
    OpenAI's error object."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code

    def body(self) -> JsonObject:
        """The error as OpenAI and LiteLLM write it."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request that passed every check."""

    model: str
    messages: tuple[Mapping[str, str], ...]
    max_tokens: int | None
    stop: tuple[str, ...]
    seed: int | None
    response_format: Mapping[str, object] | None
    stream: bool
    stream_usage: bool
    has_images: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; ``cached`` is a part of ``prompt``."""

    prompt: int
    cached: int
    completion: int

    def body(self) -> JsonObject:
        """The usage object of an answer."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }


def parse_body(raw: bytes) -> JsonObject:
    """The JSON object of a request body; RejectedRequestError for anything else."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RejectedRequestError(400, "The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise RejectedRequestError(400, "The request body must be a JSON object.")
    return value


def read_chat_request(body: Mapping[str, object]) -> ChatRequest:
    """Check a request field by field; RejectedRequestError names the first field that is wrong
    and what would be right."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _wrong("model", "must be the name of a model")
    messages, has_images = _messages(body.get("messages"))
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    _number(body, "temperature", 0, 2)
    _number(body, "top_p", 0, 1)
    if body.get("n") not in (None, 1):
        raise _wrong("n", "must be 1")
    if limit is not None and (not _is_int(limit) or limit < 1):
        raise _wrong("max_tokens", "must be a whole number of at least 1")
    seed = body.get("seed")
    if seed is not None and not _is_int(seed):
        raise _wrong("seed", "must be a whole number")
    stream = body.get("stream") or False
    if not isinstance(stream, bool):
        raise _wrong("stream", "must be true or false")
    options = body.get("stream_options") or {}
    return ChatRequest(
        model=model,
        messages=messages,
        max_tokens=limit if _is_int(limit) else None,
        stop=_stop(body.get("stop")),
        seed=seed if _is_int(seed) else None,
        response_format=_response_format(body.get("response_format")),
        stream=stream,
        stream_usage=isinstance(options, dict) and options.get("include_usage") is True,
        has_images=has_images,
    )


def count_tokens(text: str) -> int:
    """A plausible number of tokens: one for each four bytes of UTF-8, rounded up."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN)


def count_prompt(model: SimulatedModel, messages: Sequence[Mapping[str, str]]) -> tuple[int, int]:
    """Tokens of a prompt and how many of them count as cached.

    The long unchanging head of a prompt (its system messages) counts as cached in whole blocks
    for models that offer
    prompt caching. It does not depend on earlier calls, so that a run costs the same whenever it
    is repeated.
    """
    counts = [count_tokens(message["content"]) + _TOKENS_PER_MESSAGE for message in messages]
    head = sum(
        count
        for count, message in zip(counts, messages, strict=True)
        if message["role"] in ("system", "developer")
    )
    cached = (
        head // _CACHE_BLOCK * _CACHE_BLOCK
        if head >= _CACHE_FROM and "prompt_caching" in model.capabilities
        else 0
    )
    return sum(counts), cached


def clip(text: str, max_tokens: int, stop: Sequence[str]) -> tuple[str, str]:
    """Cut a text at a stop sequence or at the limit of tokens; the text and its finish reason."""
    ends = [place for one in stop if (place := text.find(one)) >= 0]
    if ends:
        text = text[: min(ends)]
    if count_tokens(text) <= max_tokens:
        return text, "stop"
    cut = text.encode("utf-8", "surrogatepass")[: max_tokens * _BYTES_PER_TOKEN]
    return cut.decode("utf-8", "ignore"), "length"


def completion_body(
    model: SimulatedModel,
    call_id: str,
    created: int,
    text: str,
    finish: str,
    usage: Usage,
    *,
    refused: bool,
) -> JsonObject:
    """A whole answer. A refusal stands in the content and again in ``refusal``."""
    message = {"role": "assistant", "content": text, "refusal": text if refused else None}
    return {
        "id": f"chatcmpl-{call_id}",
        "object": "chat.completion",
        "created": created,
        "model": model.name,
        "system_fingerprint": model.snapshot,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage.body(),
    }


def chunks(
    model: SimulatedModel, call_id: str, created: int, text: str, finish: str, usage: Usage | None
) -> Iterator[bytes]:
    """The same answer as server-sent events; with ``usage`` in a last chunk when it was asked
    for."""
    head: JsonObject = {
        "id": f"chatcmpl-{call_id}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": model.name,
        "system_fingerprint": model.snapshot,
    }
    deltas: list[tuple[JsonObject, str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [
        ({"content": text[place : place + _PIECE]}, None) for place in range(0, len(text), _PIECE)
    ]
    deltas.append(({}, finish))
    for delta, reason in deltas:
        yield _event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
    if usage is not None:
        yield _event(head | {"choices": [], "usage": usage.body()})
    yield b"data: [DONE]\n\n"


def _event(value: JsonObject) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _wrong(param: str, what: str) -> RejectedRequestError:
    return RejectedRequestError(
        400, f"Invalid value for '{param}': it {what}.", param=param, code="invalid_value"
    )


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(body: Mapping[str, object], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(name, f"must be a number from {low} to {high}")


def _messages(value: object) -> tuple[tuple[Mapping[str, str], ...], bool]:
    if not isinstance(value, list) or not value:
        raise _wrong("messages", "must be a list with at least one message")
    messages: list[Mapping[str, str]] = []
    has_images = False
    for place, message in enumerate(value):
        where = f"messages[{place}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise _wrong(f"{where}.role", f"must be one of {', '.join(sorted(ROLES))}")
        text, images = _content(message.get("content"), message["role"], where)
        has_images = has_images or images
        messages.append({"role": message["role"], "content": text})
    return tuple(messages), has_images


def _content(content: object, role: str, where: str) -> tuple[str, bool]:
    if isinstance(content, str):
        return content, False
    if content is None and role == "assistant":
        return "", False
    if not isinstance(content, list):
        raise _wrong(f"{where}.content", "must be a text or a list of parts")
    texts: list[str] = []
    has_images = False
    for part in content:
        if (
            isinstance(part, dict)
            and part.get("type") == "text"
            and isinstance(part.get("text"), str)
        ):
            texts.append(part["text"])
        elif isinstance(part, dict) and part.get("type") == "image_url":
            has_images = True
        else:
            raise _wrong(f"{where}.content", "may hold parts of type text and image_url")
    return "\n".join(texts), has_images


def _stop(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else value
    if (
        not isinstance(items, list)
        or len(items) > 4
        or not all(isinstance(item, str) and item for item in items)
    ):
        raise _wrong("stop", "must be a text or a list of up to four texts")
    return tuple(items)


def _response_format(value: object) -> Mapping[str, object] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("type") not in FORMATS:
        raise _wrong(
            "response_format",
            f"must be an object whose type is one of {', '.join(sorted(FORMATS))}",
        )
    if value["type"] == "json_schema":
        inner = value.get("json_schema")
        if not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict):
            raise _wrong("response_format.json_schema.schema", "must be a JSON Schema")
    return value
