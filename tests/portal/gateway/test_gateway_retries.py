"""The retry rule, and the helper that answers a person who waits."""

import asyncio
import threading
from typing import Any

import pytest
from django.test import override_settings

from portal.gateway.client import complete_with_retries
from portal.gateway.connection import connect, is_simulated
from portal.gateway.errors import ERROR_CODES, GatewayError
from portal.gateway.retries import GiveUp, Retry, RetryPolicy
from tests.portal.gateway.calling import ask
from tests.stubs.gateway import StubGateway


def policy(*, now: float = 100.0, luck: float = 1.0, **changes: Any) -> RetryPolicy:
    return RetryPolicy(clock=lambda: now, random=lambda: luck, **changes)


@pytest.mark.parametrize(
    ("retry_after", "pause"), [(2.0, 2.0), (0.0, 0.0), (99999.0, 60.0), (60.0, 60.0)]
)
def test_a_refused_call_waits_as_told_but_not_for_ever(retry_after: float, pause: float) -> None:
    error = GatewayError("rate_limited", retry_after=retry_after)

    assert policy().decide(error, 0) == Retry(at=100.0 + pause, counts=False)


def test_a_refused_call_without_a_wish_backs_off_by_its_refusals() -> None:
    error = GatewayError("rate_limited")

    pauses = [policy().decide(error, 0, refusals=n) for n in (1, 2, 3, 50, 5000)]

    assert pauses == [Retry(100.0 + pause, counts=False) for pause in (1.0, 2.0, 4.0, 30.0, 30.0)]


def test_refused_calls_use_up_no_try_but_patience() -> None:
    error = GatewayError("rate_limited", retry_after=10.0)

    assert isinstance(policy().decide(error, 4, refusals=99, waiting_since=100.0 - 590), Retry)
    assert policy().decide(error, 4, waiting_since=100.0 - 590.1) == GiveUp("patience_used_up")


def test_failures_are_tried_five_times_with_full_jitter() -> None:
    error = GatewayError("server_error")

    longest = [policy().decide(error, tries) for tries in (1, 2, 3, 4, 5)]

    assert longest == [
        *(Retry(100.0 + p, counts=True) for p in (1.0, 2.0, 4.0, 8.0)),
        GiveUp("tries_used_up"),
    ]
    assert policy(luck=0.0).decide(error, 1) == Retry(100.0, counts=True)
    assert policy(luck=0.25).decide(error, 3) == Retry(101.0, counts=True)


def test_a_failing_gateway_may_say_how_long_it_needs() -> None:
    assert policy(luck=0.0).decide(GatewayError("server_error", retry_after=7.0), 1) == Retry(
        107.0, counts=True
    )


@pytest.mark.parametrize("code", ERROR_CODES)
def test_only_what_may_mend_is_tried_again(code: Any) -> None:
    decision = policy().decide(GatewayError(code), 1)

    mends = code in {"rate_limited", "timeout", "truncated", "server_error", "unreachable"}
    assert isinstance(decision, Retry) is mends
    if not mends:
        assert decision == GiveUp("not_retryable")


# The helper for one answer, against a gateway that misbehaves.


@pytest.fixture
def gateway(stub: StubGateway) -> Any:
    with override_settings(
        GATEWAY_URL=stub.url,
        GATEWAY_API_KEY="sk-1",
        GATEWAY_ALLOWED_HOSTS=[],
        GATEWAY_ALLOW_LOOPBACK=True,
        GATEWAY_SIMULATED=True,
    ):
        yield stub


@pytest.mark.parametrize(
    "fault", ["status=500", "status=503", "cut", "reset", "lost", "status=429+retry-after=0.05"]
)
def test_a_passing_fault_is_got_over_with_one_key(gateway: StubGateway, fault: str) -> None:
    gateway.behave("good", f"{fault}+times=1+text=at last")

    answer = complete_with_retries(ask(timeout_seconds=10))

    assert answer.text == "at last"
    first, second = gateway.calls
    assert first.idempotency_key == second.idempotency_key != ""


def test_a_lasting_fault_ends_after_the_attempts(gateway: StubGateway) -> None:
    gateway.behave("good", "status=500+retry-after=0.01")

    with pytest.raises(GatewayError) as caught:
        complete_with_retries(ask(), attempts=3)

    assert caught.value.code == "server_error"
    assert gateway.count("good", 500) == 3


@pytest.mark.parametrize("fault", ["status=400", "status=401", "html", "redirect=http://10.0.0.1/"])
def test_what_cannot_mend_is_asked_once(gateway: StubGateway, fault: str) -> None:
    gateway.behave("good", fault)

    with pytest.raises(GatewayError):
        complete_with_retries(ask())

    assert gateway.count() == 1


def test_a_wait_past_the_deadline_is_not_begun(gateway: StubGateway) -> None:
    gateway.behave("good", "status=429+retry-after=30")

    with pytest.raises(GatewayError) as caught:
        complete_with_retries(ask(timeout_seconds=2))

    assert caught.value.code == "rate_limited"
    assert gateway.count() == 1


def test_the_deadline_holds_over_all_attempts(gateway: StubGateway) -> None:
    gateway.behave("good", "hang")

    with pytest.raises(GatewayError) as caught:
        complete_with_retries(ask(timeout_seconds=0.4))

    assert caught.value.code == "timeout"
    assert gateway.count() == 1


def test_threads_may_ask_at_once(gateway: StubGateway) -> None:
    gateway.behave("good", "latency=30")
    texts: list[str] = []

    def one(number: int) -> None:
        texts.append(complete_with_retries(ask(text=f"question {number}")).text)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(set(texts)) == 6


def test_a_thread_whose_loop_runs_may_ask(gateway: StubGateway) -> None:
    async def view() -> str:
        return complete_with_retries(ask()).text

    assert asyncio.run(view()).startswith("stub answer")


# The settings.


def test_the_settings_make_the_connection(gateway: StubGateway) -> None:
    async def names() -> list[str]:
        gateway.listed = [{"id": "aurora"}]
        async with connect() as client:
            return await client.models()

    assert asyncio.run(names()) == ["aurora"]
    assert is_simulated()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"GATEWAY_URL": ""}, "set GATEWAY_URL"),
        ({"GATEWAY_URL": "gateway.example.com"}, "https://"),
        ({"GATEWAY_URL": "https://user:pw@gateway.example.com"}, "user name"),
        ({"GATEWAY_URL": "https://gateway.example.com/?key=1"}, "query"),
        (
            {"GATEWAY_URL": "http://127.0.0.1:4000", "GATEWAY_ALLOW_LOOPBACK": False},
            "GATEWAY_ALLOWED_HOSTS",
        ),
        ({"GATEWAY_URL": "http://10.1.2.3:4000"}, "GATEWAY_ALLOWED_HOSTS"),
        (
            {"GATEWAY_URL": "https://a.example", "GATEWAY_ALLOWED_HOSTS": ["https://b.example"]},
            "GATEWAY_ALLOWED_HOSTS",
        ),
        (
            {"GATEWAY_URL": "https://a.example", "GATEWAY_ALLOWED_HOSTS": ["b c"]},
            "GATEWAY_ALLOWED_HOSTS",
        ),
    ],
)
def test_settings_that_cannot_work_are_told(
    gateway: StubGateway, changes: dict[str, Any], words: str
) -> None:
    with override_settings(**changes), pytest.raises(GatewayError) as caught:
        complete_with_retries(ask())

    assert caught.value.code == "address_not_allowed"
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://gateway.example.com/v1", []),
        ("http://gateway.example.com:4000", []),
        ("http://10.1.2.3:4000", ["http://10.1.2.3:4000"]),
        ("http://litellm:4000", ["http://litellm:4000=10.0.0.0/8"]),
    ],
)
def test_settings_that_work_are_accepted(url: str, hosts: list[str]) -> None:
    with override_settings(
        GATEWAY_URL=url, GATEWAY_ALLOWED_HOSTS=hosts, GATEWAY_ALLOW_LOOPBACK=False
    ):
        assert repr(connect()) == "<GatewayClient>"
