"""One HTTP call to the gateway: bounded in time and size, to a checked address, with every failure
typed.
"""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.hdrs import CONTENT_ENCODING
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError

from portal.gateway.addresses import AddressError, AddressPolicy
from portal.gateway.errors import GatewayError
from portal.gateway.listing import models_of_litellm, models_of_openai
from portal.gateway.replies import Draft, completion_of, draft_of_body, parse_json
from portal.gateway.resolving import checked_connector
from portal.gateway.statuses import error_of
from portal.gateway.streaming import draft_of_events
from portal.gateway.types import Completion, CompletionRequest, ModelInfo

Value = TypeVar("Value")

CONNECT_SECONDS = 5.0
FIRST_BYTE_SECONDS = 30.0
LISTING_SECONDS = 30.0
BODY_CAP = 1 << 20
# Every event of a stream repeats some 250 bytes around its token: the text in it is capped on its
# own.
STREAM_CAP = 8 << 20
# A gateway with hundreds of models describes each in some 3 kB.
LISTING_CAP = 16 << 20
ERROR_BODY_CAP = 16 << 10
PIECE = 64 << 10
# Made once: building one takes longer than encoding a short request with it.
ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
# The other listing is worth a try when a gateway does not know this one, or does not show it to
# this key.
NO_LISTING = frozenset({"not_found", "not_authorised", "bad_request", "malformed", "redirect"})


class GatewayClient:
    """A pool of connections to one gateway. Use it as ``async with``; one client serves many calls
    at once.

    ``base_url`` with or without ``/v1`` at its end. Raises ``GatewayError``
    (``address_not_allowed``) at once when the address has a wrong form or may not be used by
    ``allow``, and ``not_authorised`` for a key that is no header value. ``first_byte_seconds``
    bounds every silence of the gateway; the request's own deadline bounds the whole attempt.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        max_connections: int = 128,
        allow: AddressPolicy,
        first_byte_seconds: float = FIRST_BYTE_SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        try:
            parts = allow.check_url(base_url)
        except AddressError as error:
            raise address_error(error) from None
        if parts.query or "?" in base_url:
            raise GatewayError(
                "address_not_allowed", "The gateway's address must not hold a query (?)."
            )
        if not api_key.isascii() or not api_key.isprintable():
            raise GatewayError(
                "not_authorised", "The gateway's key holds characters that no key has."
            )
        self._root = base_url.rstrip("/").removesuffix("/v1").rstrip("/")
        self._scheme = parts.scheme
        self._allow = allow
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "assay"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._max_connections = max_connections
        self._silence = first_byte_seconds
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return "<GatewayClient>"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=checked_connector(
                self._allow, self._scheme, limit=self._max_connections, resolver=self._resolver
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=None, sock_connect=CONNECT_SECONDS, sock_read=self._silence
            ),
            trust_env=False,
            read_bufsize=PIECE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def complete(self, request: CompletionRequest) -> Completion:
        """Make one attempt at one completion. Raises ``GatewayError`` with the time it took in
        ``latency_ms``.
        """
        started = time.perf_counter()
        first_text_at: list[float] = []
        body = _body_of(request)
        headers = {"Content-Type": "application/json"}
        if request.idempotency_key:
            headers["Idempotency-Key"] = request.idempotency_key

        async def read(response: aiohttp.ClientResponse) -> Draft:
            if not request.stream:
                return draft_of_body(await _read(response, BODY_CAP))
            return await draft_of_events(
                _pieces(response, STREAM_CAP), lambda: first_text_at.append(time.perf_counter())
            )

        try:
            draft, reply_headers = await self._call(
                "POST",
                "/v1/chat/completions",
                read,
                request.timeout_seconds,
                data=body,
                headers=headers,
            )
            ended = time.perf_counter()
            return completion_of(
                draft,
                request,
                reply_headers,
                latency_ms=(ended - started) * 1000,
                ttft_ms=(first_text_at[0] - started) * 1000 if first_text_at else None,
            )
        except GatewayError as error:
            error.latency_ms = (time.perf_counter() - started) * 1000
            raise

    async def model_info(self) -> list[ModelInfo]:
        """The gateway's models with prices and limits as far as it tells them (LiteLLM), else their
        names.

        Raises ``GatewayError`` when neither listing can be had.
        """
        try:
            found = models_of_litellm(await self._listing("/model/info"))
        except GatewayError as error:
            if error.code not in NO_LISTING:
                raise
            found = None
        return found if found is not None else await self._plain_models()

    async def models(self) -> list[str]:
        """The names (aliases) of the gateway's models, sorted. Raises ``GatewayError``."""
        return [model.alias for model in await self._plain_models()]

    async def _plain_models(self) -> list[ModelInfo]:
        found = models_of_openai(await self._listing("/v1/models"))
        if found is None:
            raise GatewayError("malformed", "The gateway's answer is not a list of models.")
        return found

    async def _listing(self, path: str) -> Any:
        async def read(response: aiohttp.ClientResponse) -> bytes:
            return await _read(response, LISTING_CAP)

        body, _ = await self._call("GET", path, read, LISTING_SECONDS)
        try:
            # Unlike an answer, a listing may hold NaN: that price is reported and skipped, the
            # others are taken.
            return json.loads(body)
        except (ValueError, RecursionError):
            return parse_json(body)[0]

    async def _call(
        self,
        method: str,
        path: str,
        read: Callable[[aiohttp.ClientResponse], Awaitable[Value]],
        seconds: float,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Value, Mapping[str, str]]:
        """One exchange: what ``read`` made of the body, and the headers. Everything that fails is a
        ``GatewayError``.

        Errors are raised ``from None``: what the libraries say names addresses.
        """
        if self._session is None:
            raise RuntimeError("enter the client with 'async with' before the first call")
        try:
            async with asyncio.timeout(seconds):
                async with self._session.request(
                    method, self._root + path, data=data, headers=headers, allow_redirects=False
                ) as response:
                    if response.status != 200:
                        beginning = await _beginning(response)
                        raise error_of(
                            response.status, response.headers, beginning, datetime.now(UTC)
                        )
                    try:
                        return await read(response), response.headers
                    except BaseException:
                        # What was not read must not be waited for, nor become the next call's
                        # answer.
                        response.close()
                        raise
        except AddressError as error:
            raise address_error(error) from None
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            HttpProcessingError,
            ValueError,
        ) as error:
            raise _error_of_exception(error) from None


def _body_of(request: CompletionRequest) -> bytes:
    """The request as JSON. Raises ``GatewayError`` ``bad_request`` for values that no gateway can
    be sent.
    """
    key = request.idempotency_key
    if request.max_tokens < 1 or request.timeout_seconds <= 0:
        raise GatewayError("bad_request", "A call needs at least one output token and some time.")
    if not key.isascii() or not key.isprintable() or len(key) > 255:
        raise GatewayError(
            "bad_request", "The idempotency key must be printable ASCII of at most 255 characters."
        )
    body: dict[str, Any] = {
        "model": request.model,
        "messages": request.messages,
        "max_tokens": request.max_tokens,
    }
    for name in ("temperature", "top_p", "seed"):
        value = getattr(request, name)
        if value is not None:
            body[name] = value
    if request.stop:
        body["stop"] = request.stop
    if request.response_format is not None:
        body["response_format"] = dict(request.response_format)
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    try:
        return ENCODER.encode(body).encode()
    except (TypeError, ValueError):
        raise GatewayError(
            "bad_request", "The request holds a value that JSON cannot carry."
        ) from None


async def _read(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """The whole body, decompressed. Raises ``GatewayError`` ``too_large`` as soon as it is known to
    pass ``cap``.
    """
    length = response.content_length
    if length is not None and length > cap:
        raise GatewayError("too_large")
    if length is not None and CONTENT_ENCODING not in response.headers:
        # What is not compressed comes no longer than it says.
        return await response.content.read()
    return b"".join([piece async for piece in _pieces(response, cap)])


async def _pieces(response: aiohttp.ClientResponse, cap: int) -> AsyncIterator[bytes]:
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > cap:
            raise GatewayError("too_large")
        yield piece


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of an error's body. A body that does not come leaves the status to speak for
    itself.
    """
    found = b""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            async for piece in response.content.iter_any():
                found += piece
                if len(found) >= ERROR_BODY_CAP:
                    response.close()
                    break
    except (aiohttp.ClientError, TimeoutError, OSError, HttpProcessingError):
        response.close()
    return found[:ERROR_BODY_CAP]


def _error_of_exception(error: Exception) -> GatewayError:
    """What a failure of the HTTP client means. Order matters: later classes hold earlier ones."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return GatewayError("unreachable", "The gateway did not accept a connection in time.")
    if isinstance(error, TimeoutError):
        return GatewayError("timeout")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return GatewayError("unreachable", "The gateway's name could not be resolved.")
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError | aiohttp.ServerFingerprintMismatch):
        return GatewayError(
            "unreachable", "No secure (TLS) connection to the gateway could be made."
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        return GatewayError("unreachable", "The gateway did not accept the connection.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return GatewayError(
            "malformed" if isinstance(error.__cause__, ContentEncodingError) else "truncated"
        )
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError | ValueError):
        return GatewayError("malformed")
    return GatewayError(
        "unreachable", "The gateway closed the connection without an answer.", maybe_billed=True
    )


def address_error(error: AddressError) -> GatewayError:
    """The same refusal as an error of the gateway, in words for the person who sets it up."""
    return GatewayError(
        "address_not_allowed", "" if error.code == "url_not_allowed" else error.message
    )
