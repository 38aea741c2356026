"""A reply that comes as server-sent events, gathered into one."""

from collections.abc import AsyncIterator, Callable

from portal.gateway.errors import GatewayError
from portal.gateway.replies import Draft, parse_json

TEXT_CAP = 1 << 20


async def draft_of_events(chunks: AsyncIterator[bytes], first_text: Callable[[], None]) -> Draft:
    """Read OpenAI's chat completion events until ``[DONE]``; ``first_text`` is called when the
    first text comes.

    Raises ``GatewayError``: ``truncated`` when the stream ends without ``[DONE]``, ``server_error``
    for an error event, ``too_large`` for more than a mebibyte of text, ``malformed`` for events
    that are something else.
    """
    draft = Draft()
    texts: list[str] = []
    refusals: list[str] = []
    size = 0
    async for line in _lines(chunks):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            draft.content = "".join(texts) if texts else None
            draft.refusal = "".join(refusals) if refusals else None
            return draft
        event, cleaned = parse_json(data)
        if not isinstance(event, dict):
            raise GatewayError("malformed")
        if event.get("error"):
            raise GatewayError("server_error")
        draft.cleaned = draft.cleaned or cleaned
        draft.model = event.get("model") or draft.model
        draft.call_id = event.get("id") or draft.call_id
        draft.usage = event.get("usage") or draft.usage
        text, refusal = _take_choice(event.get("choices"), draft)
        if text or refusal:
            if not size:
                first_text()
            size += len(text) + len(refusal)
            if size > TEXT_CAP:
                raise GatewayError("too_large")
            if text:
                texts.append(text)
            if refusal:
                refusals.append(refusal)
    raise GatewayError("truncated")


def _take_choice(choices: object, draft: Draft) -> tuple[str, str]:
    """The new text and refusal of one event; the last event, with the usage, has no choice."""
    if not isinstance(choices, list) or not choices:
        return "", ""
    choice = choices[0]
    delta = choice.get("delta") if isinstance(choice, dict) else None
    if not isinstance(delta, dict):
        raise GatewayError("malformed")
    draft.finish_reason = choice.get("finish_reason") or draft.finish_reason
    draft.tool_calls = draft.tool_calls or bool(delta.get("tool_calls"))
    text, refusal = delta.get("content") or "", delta.get("refusal") or ""
    if not isinstance(text, str) or not isinstance(refusal, str):
        raise GatewayError("malformed")
    return text, refusal


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines of a body that comes in pieces, without their ends. What follows the last line end
    is dropped.
    """
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
        if len(rest) > TEXT_CAP:
            raise GatewayError("too_large")
    if rest.strip() == b"data: [DONE]":
        yield rest.strip()
