"""Short ways to make one call to the stub in a test."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from portal.gateway.addresses import AddressPolicy
from portal.gateway.errors import GatewayError
from portal.gateway.transport import GatewayClient
from portal.gateway.types import Completion, CompletionRequest

LOOPBACK = AddressPolicy(allow_loopback=True)
KEY = "sk-canary-5d1f"
Result = TypeVar("Result")


def ask(
    model: str = "good", text: str = "What is a hallmark?", **changes: Any
) -> CompletionRequest:
    values: dict[str, Any] = {"max_tokens": 200, "timeout_seconds": 5.0} | changes
    return CompletionRequest(model=model, messages=({"role": "user", "content": text},), **values)


def with_client(
    url: str, use: Callable[[GatewayClient], Awaitable[Result]], *, key: str = KEY, **options: Any
) -> Result:
    async def run() -> Result:
        async with GatewayClient(url, key, **({"allow": LOOPBACK} | options)) as client:
            return await use(client)

    return asyncio.run(run())


def complete(url: str, request: CompletionRequest, **options: Any) -> Completion:
    return with_client(url, lambda client: client.complete(request), **options)


def failure(url: str, request: CompletionRequest, **options: Any) -> GatewayError:
    """The error that the call ends with; the test fails when it ends well."""

    async def use(client: GatewayClient) -> GatewayError:
        try:
            await client.complete(request)
        except GatewayError as error:
            return error
        raise AssertionError("the call should have failed")

    return with_client(url, use, **options)
