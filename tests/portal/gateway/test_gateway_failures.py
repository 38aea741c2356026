"""One call to a gateway that refuses, hangs, drips or hangs up."""

import asyncio
import socket
import time

import pytest

from portal.gateway.errors import GatewayError
from portal.gateway.transport import GatewayClient
from tests.portal.gateway.calling import ask, failure, with_client
from tests.stubs.gateway import StubGateway


@pytest.mark.parametrize(
    ("spec", "code", "retryable", "stops"),
    [
        ("status=400", "bad_request", False, False),
        ("status=401", "not_authorised", False, True),
        ("status=403", "not_authorised", False, True),
        ("status=402", "not_authorised", False, True),
        ("no-db", "not_authorised", False, True),
        ("status=404", "not_found", False, False),
        ("status=400+code=model_not_found", "not_found", False, False),
        ("status=408", "timeout", True, False),
        ("status=413", "bad_request", False, False),
        ("status=422", "bad_request", False, False),
        ("status=429", "rate_limited", True, False),
        ("status=429+code=insufficient_quota", "not_authorised", False, True),
        ("status=400+code=content_filter", "refused", False, False),
        ("status=500", "server_error", True, False),
        ("status=502", "server_error", True, False),
        ("status=503", "server_error", True, False),
        ("status=529", "server_error", True, False),
        ("status=204", "malformed", False, False),
    ],
)
def test_a_status_is_told_apart(
    stub: StubGateway, spec: str, code: str, retryable: bool, stops: bool
) -> None:
    stub.behave("good", spec)

    error = failure(stub.url, ask())

    assert (error.code, error.retryable, error.stops_candidate) == (code, retryable, stops)
    assert stub.count() == 1
    assert error.latency_ms is not None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        ("0.25", 0.25),
        ("99999", 99999.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("NaN", None),
        ("1e9", None),
    ],
)
def test_the_wish_to_wait_is_read(stub: StubGateway, header: str, seconds: float | None) -> None:
    stub.behave("good", f"status=429+retry-after={header}")

    assert failure(stub.url, ask()).retry_after == seconds


def test_without_a_wish_to_wait_there_is_none(stub: StubGateway) -> None:
    stub.behave("good", "status=429")

    assert failure(stub.url, ask()).retry_after is None


def test_a_closed_port_is_unreachable_and_costs_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    error = failure(f"http://127.0.0.1:{port}", ask())

    assert (error.code, error.retryable, error.maybe_billed) == ("unreachable", True, False)


def test_a_reset_after_the_request_may_have_cost_something(stub: StubGateway) -> None:
    stub.behave("good", "reset")

    error = failure(stub.url, ask())

    assert (error.code, error.retryable, error.maybe_billed) == ("unreachable", True, True)


def test_plain_http_where_tls_was_asked_is_unreachable(stub: StubGateway) -> None:
    error = failure(stub.url.replace("http:", "https:"), ask())

    assert error.code == "unreachable"
    assert "TLS" in error.message


def test_a_gateway_that_never_answers_is_cut(stub: StubGateway) -> None:
    stub.behave("good", "hang")

    error = failure(stub.url, ask(timeout_seconds=60), first_byte_seconds=0.3)

    assert (error.code, error.retryable) == ("timeout", True)
    assert error.latency_ms is not None
    assert 300 <= error.latency_ms < 2000


@pytest.mark.parametrize("spec", ["drip+gap=100", "slow-headers+gap=100"])
def test_a_gateway_that_drips_is_cut_at_the_total_deadline(stub: StubGateway, spec: str) -> None:
    stub.behave("good", spec)

    error = failure(stub.url, ask(timeout_seconds=0.6), first_byte_seconds=0.4)

    assert error.code == "timeout"
    assert error.latency_ms is not None
    assert 550 <= error.latency_ms < 2500


def test_after_a_timeout_the_client_still_works(stub: StubGateway) -> None:
    stub.behave("slow", "drip+gap=100")

    async def both(client: GatewayClient) -> str:
        with pytest.raises(GatewayError):
            await client.complete(ask("slow", timeout_seconds=0.3))
        return (await client.complete(ask("good"))).text

    assert with_client(stub.url, both, max_connections=1).startswith("stub answer")


def test_a_caller_that_cancels_is_obeyed(stub: StubGateway) -> None:
    stub.behave("good", "hang")

    async def cancelled(client: GatewayClient) -> float:
        started = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.complete(ask()), 0.2)
        return time.monotonic() - started

    assert with_client(stub.url, cancelled) < 2


def test_a_redirect_is_refused(stub: StubGateway) -> None:
    stub.behave("good", "redirect=http://169.254.169.254/latest/meta-data/")

    error = failure(stub.url, ask())

    assert (error.code, error.retryable) == ("redirect", False)
