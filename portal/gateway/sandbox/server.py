"""The HTTP server of the sandbox: OpenAI's chat completions and LiteLLM's model facts."""

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.respond import respond
from portal.gateway.sandbox.traits import SimulatedModel
from portal.gateway.sandbox.wire import (
    ChatRequest,
    RejectedRequestError,
    Usage,
    chunks,
    clip,
    completion_body,
    count_prompt,
    count_tokens,
    parse_body,
    read_chat_request,
)

DEFAULT_KEY = "sk-sandbox"
MAX_BODY = 4 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Settings:
    """``latency_scale`` multiplies every simulated delay: 1.0 is the real thing, 0 answers at
    once."""

    api_key: str = DEFAULT_KEY
    latency_scale: float = 1.0


_SETTINGS = web.AppKey("settings", Settings)


def create_app(settings: Settings | None = None) -> web.Application:
    """The application: chat completions and model lists with and without ``/v1``,
    ``/model/info``, ``/health``."""
    app = web.Application(client_max_size=MAX_BODY, middlewares=[_errors, _authorise])
    app[_SETTINGS] = settings or Settings()
    for prefix in ("", "/v1"):
        app.router.add_post(f"{prefix}/chat/completions", _chat)
        app.router.add_get(f"{prefix}/models", _models)
        app.router.add_get(f"{prefix}/model/info", _model_info)
    app.router.add_get("/health", _health)
    return app


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RejectedRequestError as rejected:
        return web.json_response(rejected.body(), status=rejected.status)
    except web.HTTPRequestEntityTooLarge:
        too_large = RejectedRequestError(
            413, f"The request body is larger than {MAX_BODY} bytes.", code="request_too_large"
        )
        return web.json_response(too_large.body(), status=413)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        unknown = RejectedRequestError(
            error.status,
            f"{error.reason}: {request.method} {request.path}",
            code="not_found" if error.status == 404 else None,
        )
        return web.json_response(unknown.body(), status=error.status)


@web.middleware
async def _authorise(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path != "/health":
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        expected = request.app[_SETTINGS].api_key
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            key.strip().encode(), expected.encode()
        ):
            raise RejectedRequestError(
                401,
                "The API key is missing or wrong.",
                kind="authentication_error",
                code="invalid_api_key",
            )
    return await handler(request)


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "simulated": True, "models": len(MODELS)})


async def _models(request: web.Request) -> web.Response:
    rows = [
        {"id": name, "object": "model", "created": 0, "owned_by": model.provider, "simulated": True}
        for name, model in MODELS.items()
    ]
    return web.json_response({"object": "list", "data": rows})


async def _model_info(request: web.Request) -> web.Response:
    return web.json_response({"data": [model.card() for model in MODELS.values()]})


async def _chat(request: web.Request) -> web.StreamResponse:
    asked = read_chat_request(parse_body(await request.read()))
    model = MODELS.get(asked.model)
    if model is None:
        raise RejectedRequestError(
            404,
            f"The model '{asked.model}' does not exist. There are: {', '.join(MODELS)}.",
            param="model",
            code="model_not_found",
        )
    prompt, cached, most = _check_size(asked, model)
    reply = respond(model, asked.messages, response_format=asked.response_format, seed=asked.seed)
    text, finish = clip(reply.text, most, asked.stop)
    usage = Usage(prompt=prompt, cached=cached, completion=max(1, count_tokens(text)))
    call_id = uuid.uuid4().hex
    created = int(time.time())
    cost = model.cost(usage.prompt, usage.cached, usage.completion)
    headers = {
        "x-litellm-call-id": call_id,
        "x-litellm-model-id": model.snapshot,
        "x-litellm-response-cost": f"{cost:.10f}",
    }
    scale = request.app[_SETTINGS].latency_scale
    if asked.stream:
        return await _stream(request, asked, model, text, finish, usage, headers, created, scale)
    await _wait(delay_ms(model, asked, usage.completion), scale)
    body = completion_body(model, call_id, created, text, finish, usage, refused=reply.refused)
    return web.json_response(body, headers=headers)


async def _stream(
    request: web.Request,
    asked: ChatRequest,
    model: SimulatedModel,
    text: str,
    finish: str,
    usage: Usage,
    headers: dict[str, str],
    created: int,
    scale: float,
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers=headers | {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    await _wait(delay_ms(model, asked, 0), scale)
    await response.prepare(request)
    per_chunk = model.latency.per_token * 6
    for chunk in chunks(
        model,
        headers["x-litellm-call-id"],
        created,
        text,
        finish,
        usage if asked.stream_usage else None,
    ):
        await response.write(chunk)
        await _wait(per_chunk, scale)
    await response.write_eof()
    return response


def _check_size(asked: ChatRequest, model: SimulatedModel) -> tuple[int, int, int]:
    """Tokens of the prompt, cached ones among them, and the most tokens of the answer."""
    if asked.has_images and "vision" not in model.capabilities:
        raise RejectedRequestError(
            400,
            f"The model '{model.name}' does not read images.",
            param="messages",
            code="invalid_value",
        )
    prompt, cached = count_prompt(model, asked.messages)
    most = asked.max_tokens or model.max_output_tokens
    if most > model.max_output_tokens:
        raise RejectedRequestError(
            400,
            f"max_tokens is too large: {most}. The model '{model.name}' writes at most "
            f"{model.max_output_tokens} tokens.",
            param="max_tokens",
            code="invalid_value",
        )
    wanted = prompt + (asked.max_tokens or 1)
    if wanted > model.context_window:
        raise RejectedRequestError(
            400,
            f"The context of the model '{model.name}' is {model.context_window} tokens, but "
            f"the request needs {wanted}.",
            param="messages",
            code="context_length_exceeded",
        )
    return prompt, cached, most


def delay_ms(model: SimulatedModel, asked: ChatRequest, tokens_out: int) -> float:
    """The simulated time of a call in milliseconds; the jitter comes from the text of the
    request, 10 to 250 in all."""
    latest = asked.messages[-1]["content"].encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(latest, digest_size=4, key=model.name.encode()).digest()
    share = int.from_bytes(digest, "big") / 2**32
    whole = (
        model.latency.base
        + model.latency.per_token * tokens_out
        + model.latency.jitter * (2 * share - 1)
    )
    return min(250.0, max(10.0, whole))


async def _wait(milliseconds: float, scale: float) -> None:
    if scale > 0:
        await asyncio.sleep(milliseconds * scale / 1000)
