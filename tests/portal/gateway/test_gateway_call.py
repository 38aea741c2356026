"""One call to a good gateway: what is sent, what is read, what is never sent."""

import asyncio
from decimal import Decimal

import pytest

from portal.gateway.errors import ERROR_CODES, MESSAGES, GatewayError
from portal.gateway.transport import GatewayClient
from tests.portal.gateway.calling import KEY, ask, complete, failure, with_client
from tests.stubs.gateway import StubGateway


def test_a_good_answer_is_read_whole(stub: StubGateway) -> None:
    stub.behave("good", "text=A stamp on metal.+cost=1.65e-06")

    answer = complete(
        stub.url, ask(idempotency_key="item-7", temperature=0.0, seed=7, stop=("END",))
    )

    assert (answer.text, answer.finish_reason, answer.refused) == (
        "A stamp on metal.",
        "stop",
        False,
    )
    assert answer.usage_reported
    assert (answer.tokens_in, answer.tokens_cached, answer.tokens_out) == (8, 0, 4)
    assert answer.gateway_cost == Decimal("0.00000165")
    assert (answer.model, answer.call_id, answer.flags) == ("good", "call-1", ())
    assert answer.latency_ms > 0
    assert answer.ttft_ms is None
    (call,) = stub.calls
    assert call.idempotency_key == "item-7"
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert call.headers["accept-encoding"] == "identity"
    assert "cookie" not in call.headers
    assert call.body == {
        "model": "good",
        "messages": [{"role": "user", "content": "What is a hallmark?"}],
        "max_tokens": 200,
        "temperature": 0.0,
        "seed": 7,
        "stop": ["END"],
    }


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_with_the_version(stub: StubGateway, suffix: str) -> None:
    complete(stub.url + suffix, ask())

    assert stub.calls[0].path == "/v1/chat/completions"


def test_a_schema_for_the_answer_is_passed_on(stub: StubGateway) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}

    complete(stub.url, ask(response_format=schema))

    assert stub.calls[0].body["response_format"] == schema


def test_connections_are_kept_and_many_calls_share_one_client(stub: StubGateway) -> None:
    stub.behave("good", "latency=5")

    async def many(client: GatewayClient) -> list[str]:
        texts = []
        for _ in range(5):
            answers = await asyncio.gather(*(client.complete(ask(text=f"q{n}")) for n in range(8)))
            texts += [answer.text for answer in answers]
        return texts

    texts = with_client(stub.url, many, max_connections=8)

    assert len(texts) == 40
    assert len(set(texts)) == 8
    assert stub.connections <= 8


def test_cookies_are_neither_kept_nor_sent(stub: StubGateway) -> None:
    async def twice(client: GatewayClient) -> None:
        await client.complete(ask())
        await client.complete(ask())

    with_client(stub.url, twice)

    assert all("cookie" not in call.headers for call in stub.calls)


def test_a_stream_is_gathered_and_its_first_text_timed(stub: StubGateway) -> None:
    stub.behave("good", "text=one two three four+latency=30")

    answer = complete(stub.url, ask(stream=True))

    assert answer.text == "one two three four"
    assert answer.finish_reason == "stop"
    assert answer.usage_reported
    assert answer.ttft_ms is not None
    assert 30 <= answer.ttft_ms <= answer.latency_ms
    assert stub.calls[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("spec", ["cut-stream", "no-done"])
def test_a_stream_without_its_end_is_truncated(stub: StubGateway, spec: str) -> None:
    stub.behave("good", f"text=one two three four+{spec}")

    assert failure(stub.url, ask(stream=True)).code == "truncated"


def test_a_streamed_refusal_is_a_refusal(stub: StubGateway) -> None:
    stub.behave("good", "refusal")

    answer = complete(stub.url, ask(stream=True))

    assert answer.refused
    assert answer.text == "I cannot help with that."


def test_refusal_filter_and_length_are_told_apart(stub: StubGateway) -> None:
    for name in ("refusal", "content-filter", "length", "tool-calls"):
        stub.behave(name, name)

    answers = {
        name: complete(stub.url, ask(name))
        for name in ("refusal", "content-filter", "length", "tool-calls")
    }

    assert {name: (a.finish_reason, a.refused) for name, a in answers.items()} == {
        "refusal": ("stop", True),
        "content-filter": ("content_filter", True),
        "length": ("length", False),
        "tool-calls": ("tool_calls", False),
    }
    assert answers["refusal"].text == "I cannot help with that."
    assert "content_empty" in answers["tool-calls"].flags


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": 0},
        {"timeout_seconds": 0.0},
        {"temperature": float("nan")},
        {"idempotency_key": "a\r\nX-Evil: 1"},
        {"response_format": {"a": object()}},
    ],
)
def test_a_request_that_cannot_be_sent_is_refused_here(
    stub: StubGateway, changes: dict[str, object]
) -> None:
    assert failure(stub.url, ask(**changes)).code == "bad_request"
    assert stub.count() == 0


def test_a_key_that_is_no_header_is_refused_without_being_shown() -> None:
    with pytest.raises(GatewayError) as caught:
        with_client(
            "http://127.0.0.1:9000", lambda client: client.models(), key="sk-canary\r\nX: 1"
        )

    assert caught.value.code == "not_authorised"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "spec", ["status=400", "status=401", "status=500", "html", "garbage", "reset"]
)
def test_no_error_shows_the_key_the_address_or_the_body(stub: StubGateway, spec: str) -> None:
    stub.behave("good", spec)

    error = failure(stub.url, ask())

    shown = f"{error} {error!r} {error.__cause__!r} {error.__suppress_context__}"
    for secret in (KEY, "sk-secret", "10.1.2.3", "127.0.0.1", stub.url.rsplit(":", 1)[1]):
        assert secret not in shown
    assert error.__suppress_context__ or error.__context__ is None


def test_every_code_has_plain_words() -> None:
    assert set(MESSAGES) == set(ERROR_CODES)
    assert all(message.endswith(".") for message in MESSAGES.values())
