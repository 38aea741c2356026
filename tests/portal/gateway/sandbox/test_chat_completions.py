"""The sandbox speaks OpenAI's chat format, with LiteLLM's headers and honest errors."""

import json
from decimal import Decimal

import pytest

from portal.gateway.sandbox.cast import MODELS
from portal.gateway.sandbox.server import Settings, delay_ms
from portal.gateway.sandbox.wire import read_chat_request
from tests.portal.gateway.sandbox.http import CHAT, call, chat


def test_an_answer_has_text_usage_cost_and_a_call_id() -> None:
    got = chat(
        messages=[
            {
                "role": "user",
                "content": "Classify as one of: billing, delivery.\n\nText: late parcel",
            }
        ]
    )

    assert got.status == 200
    assert got.content == "delivery"
    body = got.body
    assert body["object"] == "chat.completion"
    assert body["model"] == "aurora-large"
    assert body["choices"][0]["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    price = MODELS["aurora-large"].price
    expected = (
        usage["prompt_tokens"] * price.tokens_in + usage["completion_tokens"] * price.tokens_out
    )
    assert Decimal(got.headers["x-litellm-response-cost"]) == Decimal(
        str(round(expected / 1e6, 10))
    )
    assert body["id"] == f"chatcmpl-{got.headers['x-litellm-call-id']}"


def test_the_path_works_without_v1_too() -> None:
    assert (
        call(
            "/chat/completions",
            {"model": "ember-8b", "messages": [{"role": "user", "content": "Hi"}]},
        ).status
        == 200
    )


def test_the_same_request_gets_the_same_answer_under_another_call_id() -> None:
    fields = {
        "messages": [
            {
                "role": "user",
                "content": "Who built the harbour? Context:\n\nNothing is known of it.",
            }
        ]
    }

    first, second = chat(**fields), chat(**fields)

    assert first.content == second.content
    assert first.body["usage"] == second.body["usage"]
    assert first.headers["x-litellm-call-id"] != second.headers["x-litellm-call-id"]


@pytest.mark.parametrize("key", [None, "", "sk-wrong", "sk-sandbox-and-more"])
def test_a_wrong_key_is_refused(key: str | None) -> None:
    got = call(CHAT, {"model": "ember-8b", "messages": []}, key=key)

    assert got.status == 401
    assert got.body["error"]["code"] == "invalid_api_key"
    assert "sk-" not in got.text


def test_the_key_can_be_set() -> None:
    settings = Settings(api_key="other", latency_scale=0)

    assert call("/v1/models", key="other", settings=settings).status == 200
    assert call("/v1/models", settings=settings).status == 401


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "messages[0].content"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": 10**9}, "max_tokens"),
        ({"seed": "a"}, "seed"),
        ({"stop": [1]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(
    fields: dict[str, object], param: str
) -> None:
    got = chat(**fields)

    assert got.status == 400
    assert got.body["error"]["param"] == param
    assert got.body["error"]["type"] == "invalid_request_error"
    assert len(got.body["error"]["message"]) > 20


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"model": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=["empty", "cut", "list", "text", "not utf-8", "NaN", "deep list", "deep object"],
)
def test_a_body_that_is_no_json_object_is_refused(raw: bytes) -> None:
    got = call(CHAT, raw=raw)

    assert got.status == 400
    assert "JSON" in got.body["error"]["message"]


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800 lone", "", "\u202e", "[" * 50_000, "{{ x }}", "a" * 100_000]
)
def test_odd_texts_are_answered(text: str) -> None:
    system = {
        "role": "system",
        "content": "Classify as one of: billing, delivery. JSON if you like.",
    }

    got = chat(messages=[system, {"role": "user", "content": text}])

    assert got.status == 200
    assert got.body["usage"]["completion_tokens"] >= 1


def test_an_unknown_model_is_named_with_those_that_exist() -> None:
    got = chat(model="nobody")

    assert got.status == 404
    assert got.body["error"]["code"] == "model_not_found"
    assert "aurora-large" in got.body["error"]["message"]


def test_a_request_beyond_the_context_is_refused() -> None:
    got = chat(model="flint-nano", messages=[{"role": "user", "content": "word " * 10_000}])

    assert got.status == 400
    assert got.body["error"]["code"] == "context_length_exceeded"


def test_a_body_beyond_the_limit_is_refused() -> None:
    got = call(CHAT, raw=b'{"model": "' + b"a" * (5 * 1024 * 1024) + b'"}')

    assert got.status == 413
    assert got.body["error"]["code"] == "request_too_large"


def test_an_unknown_path_is_answered_in_the_same_form() -> None:
    assert call("/v1/embeddings").body["error"]["code"] == "not_found"


def test_max_tokens_cuts_the_answer_and_says_so() -> None:
    got = chat(
        messages=[{"role": "user", "content": "What is the capital of France?"}], max_tokens=3
    )

    assert got.body["choices"][0]["finish_reason"] == "length"
    assert got.body["usage"]["completion_tokens"] <= 3


def test_a_stop_text_ends_the_answer() -> None:
    assert chat(stop="What").content == "Hello! "


def test_images_are_for_models_that_see() -> None:
    parts = [
        {"type": "text", "text": "Hello!"},
        {"type": "image_url", "image_url": {"url": "data:,"}},
    ]
    messages = [{"role": "user", "content": parts}]

    assert chat(messages=messages).content == "Hello! What can I do for you?"
    assert chat(model="ember-8b", messages=messages).status == 400


def test_a_refusal_is_marked() -> None:
    message = chat(messages=[{"role": "user", "content": "Give me the password of my boss."}]).body[
        "choices"
    ][0]["message"]

    assert message["refusal"] == message["content"]
    assert "can't help" in message["content"]


def test_a_long_head_of_the_prompt_is_cached_and_cheaper() -> None:
    head = {"role": "system", "content": "Be kind. " * 800}
    messages = [head, {"role": "user", "content": "Hello!"}]

    with_cache = chat(messages=messages).body["usage"]
    without = chat(model="cedar-70b-eu", messages=messages).body["usage"]

    assert with_cache["prompt_tokens_details"]["cached_tokens"] > 1000
    assert without["prompt_tokens_details"]["cached_tokens"] == 0


def test_a_stream_carries_the_same_text_and_the_usage() -> None:
    fields = {"messages": [{"role": "user", "content": "What is the capital of France?"}]}

    whole = chat(**fields)
    stream = chat(stream=True, stream_options={"include_usage": True}, **fields)

    assert stream.headers["content-type"].startswith("text/event-stream")
    lines = [line[6:] for line in stream.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    assert (
        "".join(one["choices"][0]["delta"].get("content", "") for one in events[:-1])
        == whole.content
    )
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["usage"] == whole.body["usage"]


def test_delays_are_real_between_10_and_250_ms_and_the_same_for_the_same_request() -> None:
    asked = read_chat_request({"model": "x", "messages": [{"role": "user", "content": "Hello!"}]})
    other = read_chat_request(
        {"model": "x", "messages": [{"role": "user", "content": "Good day!"}]}
    )

    for model in MODELS.values():
        assert 10 <= delay_ms(model, asked, 1) <= delay_ms(model, asked, 500) <= 250
        assert delay_ms(model, asked, 50) == delay_ms(model, asked, 50)
    assert delay_ms(MODELS["cedar-70b-eu"], asked, 50) != delay_ms(
        MODELS["cedar-70b-eu"], other, 50
    )
    assert delay_ms(MODELS["flint-nano"], asked, 50) < delay_ms(MODELS["cedar-70b-eu"], asked, 50)
