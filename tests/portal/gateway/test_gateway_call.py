"""One call: what comes back from a good gateway, and what from one that fails, lies or breaks off."""

import asyncio
import resource
import socket
import time
from decimal import Decimal

import pytest

from portal.gateway.errors import ERROR_CODES, MESSAGES, GatewayError
from portal.gateway.transport import GatewayClient
from tests.portal.gateway.calling import KEY, ask, complete, failure, with_client
from tests.stubs.gateway import StubGateway


def test_a_good_answer_is_read_whole(stub: StubGateway) -> None:
    stub.behave("good", "text=A stamp on metal.+cost=1.65e-06")

    answer = complete(stub.url, ask(idempotency_key="item-7", temperature=0.0, seed=7, stop=("END",)))

    assert (answer.text, answer.finish_reason, answer.refused) == ("A stamp on metal.", "stop", False)
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


# A stream.


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


# Statuses.


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


# Connections.


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


# Bodies.


@pytest.mark.parametrize(
    "spec", ["big=1024", "big=1024+no-length", "gzip-bomb=64"], ids=["length", "no-length", "gzip"]
)
def test_a_huge_body_is_given_up_at_the_cap(stub: StubGateway, spec: str) -> None:
    stub.behave("good", spec)
    complete(stub.url, ask("warm-up"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = failure(stub.url, ask())

    assert (error.code, error.retryable) == ("too_large", False)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20 * 1024, f"{grown} kB"


def test_a_compressed_answer_is_read_although_none_was_asked_for(stub: StubGateway) -> None:
    stub.behave("good", "gzip+text=packed")

    assert complete(stub.url, ask()).text == "packed"


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("cut", "truncated"),
        ("cut-length", "truncated"),
        ("html", "malformed"),
        ("empty", "malformed"),
        ("no-choices", "malformed"),
        ("null", "malformed"),
        ("list", "malformed"),
        ("nan", "malformed"),
        ("duplicate", "malformed"),
        ("deep", "malformed"),
        ("digits", "malformed"),
        ("bad-gzip", "malformed"),
        ("garbage", "malformed"),
    ],
)
def test_a_body_that_is_no_completion_is_an_error(stub: StubGateway, spec: str, code: str) -> None:
    stub.behave("good", spec)

    error = failure(stub.url, ask())

    assert error.code == code
    assert error.retryable is (code == "truncated")


@pytest.mark.parametrize(
    ("spec", "text"),
    [("utf8", "caf\ufffd \ufffd"), ("nul", "a\ufffdb"), ("surrogate", "a\ufffdb")],
)
def test_text_that_cannot_be_stored_is_cleaned_and_flagged(
    stub: StubGateway, spec: str, text: str
) -> None:
    stub.behave("good", spec)

    answer = complete(stub.url, ask())

    assert answer.text == text
    assert "text_cleaned" in answer.flags


def test_a_list_of_texts_is_joined_and_flagged(stub: StubGateway) -> None:
    stub.behave("good", "parts")

    answer = complete(stub.url, ask())

    assert answer.text == "first second"
    assert "content_parts" in answer.flags


# Numbers that are not believed.


@pytest.mark.parametrize(
    ("lie", "flag"),
    [
        ("missing", "usage_missing"),
        ("negative", "usage_out_of_bounds"),
        ("huge", "usage_out_of_bounds"),
        ("float", "usage_invalid"),
        ("string", "usage_invalid"),
        ("a-word", "usage_invalid"),
    ],
)
def test_a_usage_that_cannot_be_is_replaced_by_our_estimate(
    stub: StubGateway, lie: str, flag: str
) -> None:
    stub.behave("good", f"text=a short answer+usage={lie}")

    answer = complete(stub.url, ask(max_tokens=20))

    assert flag in answer.flags
    assert not answer.usage_reported
    assert answer.tokens_in == 16  # 19 characters / 2.5, and the message around them
    assert answer.tokens_out == 6  # 14 characters / 2.5


def test_more_cached_tokens_than_input_are_not_believed(stub: StubGateway) -> None:
    stub.behave("good", "usage=cached-huge")

    answer = complete(stub.url, ask())

    assert answer.tokens_cached == 0
    assert "usage_out_of_bounds" in answer.flags


def test_an_estimate_never_passes_the_tokens_that_were_allowed(stub: StubGateway) -> None:
    stub.behave("good", f"text={'word ' * 500}+usage=huge")

    assert complete(stub.url, ask(max_tokens=50)).tokens_out == 50


@pytest.mark.parametrize("text", ["-1", "NaN", "1e30", "free", "Infinity"])
def test_a_cost_that_cannot_be_is_dropped_and_flagged(stub: StubGateway, text: str) -> None:
    stub.behave("good", f"cost={text}")

    answer = complete(stub.url, ask())

    assert answer.gateway_cost is None
    assert "cost_invalid" in answer.flags


@pytest.mark.parametrize(
    ("asked", "resolved", "same"),
    [
        ("aurora", "aurora", True),
        ("aurora", "openai/aurora", True),
        ("aurora", "Aurora", True),
        ("aurora", "aurora-2025-04-14", True),
        ("aurora", "aurora-20250414", True),
        ("aurora", "aurora-mini", False),
        ("aurora", "aurora-2025-04-14-mini", False),
        ("aurora-mini", "aurora", False),
        ("aurora", "borealis", False),
    ],
)
def test_another_model_than_asked_is_flagged(
    stub: StubGateway, asked: str, resolved: str, same: bool
) -> None:
    stub.behave(asked, f"model={resolved}")

    answer = complete(stub.url, ask(asked))

    assert answer.model == resolved
    assert ("model_mismatch" in answer.flags) is not same


def test_an_alias_may_stand_for_a_named_model(stub: StubGateway) -> None:
    stub.behave("support-fast", "model=aurora-mini")

    answer = complete(stub.url, ask("support-fast", accept_models=("aurora-mini",)))

    assert "model_mismatch" not in answer.flags


# How an answer ends.


def test_refusal_filter_and_length_are_told_apart(stub: StubGateway) -> None:
    for name in ("refusal", "content-filter", "length", "tool-calls"):
        stub.behave(name, name)

    answers = {name: complete(stub.url, ask(name)) for name in ("refusal", "content-filter", "length", "tool-calls")}

    assert {name: (a.finish_reason, a.refused) for name, a in answers.items()} == {
        "refusal": ("stop", True),
        "content-filter": ("content_filter", True),
        "length": ("length", False),
        "tool-calls": ("tool_calls", False),
    }
    assert answers["refusal"].text == "I cannot help with that."
    assert "content_empty" in answers["tool-calls"].flags


# What is never sent, and never said.


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
def test_a_request_that_cannot_be_sent_is_refused_here(stub: StubGateway, changes: dict[str, object]) -> None:
    assert failure(stub.url, ask(**changes)).code == "bad_request"
    assert stub.count() == 0


def test_a_key_that_is_no_header_is_refused_without_being_shown() -> None:
    with pytest.raises(GatewayError) as caught:
        with_client("http://127.0.0.1:9000", lambda client: client.models(), key="sk-canary\r\nX: 1")

    assert caught.value.code == "not_authorised"
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("spec", ["status=400", "status=401", "status=500", "html", "garbage", "reset"])
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
