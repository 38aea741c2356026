"""One call to a gateway that answers nonsense, too much, or what cannot be."""

import resource

import pytest

from tests.portal.gateway.calling import ask, complete, failure
from tests.stubs.gateway import StubGateway


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
