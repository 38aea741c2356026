"""What other packages call: ``GatewayClient`` for one attempt, ``complete_with_retries`` for a
single answer.
"""

import asyncio
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from portal.gateway.connection import connect
from portal.gateway.errors import GatewayError
from portal.gateway.pacing import GiveUp, RetryPolicy
from portal.gateway.transport import GatewayClient
from portal.gateway.types import Completion, CompletionRequest

__all__ = ["GatewayClient", "complete_with_retries", "retried"]

# A person waits for this answer, so the pauses are shorter than a run's.
SINGLE_CALL = RetryPolicy(base=0.25, cap=4.0)


def complete_with_retries(request: CompletionRequest, *, attempts: int = 3) -> Completion:
    """One answer for a caller that waits: the invoke endpoint, the playground, a judge that is
    tried out.

    ``request.timeout_seconds`` bounds everything: all attempts and the pauses between them. A
    refused call (429) waits as long as the gateway asks when that still fits; every attempt carries
    the same idempotency key. May be called from any thread, also from one whose event loop is
    running. Raises the last attempt's ``GatewayError``.
    """

    async def run() -> Completion:
        async with connect(max_connections=1) as client:
            return await retried(client, request, attempts=attempts)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run())
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(asyncio.run, run()).result()


async def retried(
    client: GatewayClient,
    request: CompletionRequest,
    *,
    attempts: int = 3,
    policy: RetryPolicy = SINGLE_CALL,
) -> Completion:
    """``complete`` up to ``attempts`` times within ``request.timeout_seconds``; every attempt
    counts, also a 429.

    Raises the ``GatewayError`` of the last attempt when it may not be repeated, no attempt is left,
    or the pause that is due would pass the deadline.
    """
    started = time.monotonic()
    deadline = started + request.timeout_seconds
    if not request.idempotency_key:
        request = replace(request, idempotency_key=uuid.uuid4().hex)
    for attempt in range(1, attempts + 1):
        try:
            left = deadline - time.monotonic()
            return await client.complete(replace(request, timeout_seconds=max(left, 0.001)))
        except GatewayError as error:
            decision = policy.decide(error, attempt, waiting_since=started, refusals=attempt)
            if attempt == attempts or isinstance(decision, GiveUp) or decision.at >= deadline:
                raise
            await asyncio.sleep(decision.at - time.monotonic())
    raise ValueError("attempts must be at least 1")
