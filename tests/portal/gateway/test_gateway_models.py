"""The gateway's list of models, with every number checked."""

import json
from decimal import Decimal
from typing import Any

import pytest

from portal.gateway.errors import GatewayError
from portal.gateway.types import ModelInfo
from tests.portal.gateway.calling import with_client
from tests.stubs.gateway import StubGateway

INFO = {
    "input_cost_per_token": 2.5e-06,
    "output_cost_per_token": 1e-05,
    "cache_read_input_token_cost": 1.25e-06,
    "max_input_tokens": 128000,
    "max_output_tokens": 16384,
    "litellm_provider": "openai",
    "mode": "chat",
    "supports_vision": True,
    "supports_function_calling": True,
    "supports_reasoning": False,
    "data_handling": {"region": "eu", "retention_days": 0},
    "input_cost_per_audio_token": None,
}


def row(alias: str = "aurora", model: str = "openai/aurora-2025", **changes: Any) -> dict[str, Any]:
    return {
        "model_name": alias,
        "litellm_params": {"model": model},
        "model_info": {**INFO, **changes},
    }


def infos(stub: StubGateway, *rows: object) -> list[ModelInfo]:
    stub.info = json.dumps({"data": rows}).encode()
    return with_client(stub.url, lambda client: client.model_info())


def test_a_model_of_litellm_is_read(stub: StubGateway) -> None:
    (model,) = infos(stub, row())

    assert model == ModelInfo(
        alias="aurora",
        provider="openai",
        model="aurora-2025",
        context_window=128000,
        max_output_tokens=16384,
        price_in=Decimal("2.5"),
        price_cached=Decimal("1.25"),
        price_out=Decimal("10"),
        capabilities=("function_calling", "vision"),
        extra={"mode": "chat", "data_handling": {"region": "eu", "retention_days": 0}},
    )


@pytest.mark.parametrize(
    ("own", "provider"), [("Cedar Cloud", "Cedar Cloud"), ("", "openai"), (7, "openai")]
)
def test_who_offers_a_model_is_what_the_company_wrote_before_how_litellm_speaks_to_it(
    stub: StubGateway, own: object, provider: str
) -> None:
    (model,) = infos(stub, row(provider=own))

    assert model.provider == provider
    assert "provider" not in model.extra


@pytest.mark.parametrize(
    ("per_token", "per_million"),
    [
        (1.5e-07, "0.15"),
        (7.5e-08, "0.075"),
        (6e-07, "0.6"),
        (0, "0"),
        (0.00012, "120"),
        (3e-09, "0.003"),
    ],
)
def test_a_price_keeps_the_digits_that_were_written(
    stub: StubGateway, per_token: float, per_million: str
) -> None:
    (model,) = infos(stub, row(input_cost_per_token=per_token))

    assert str(model.price_in) == per_million


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("input_cost_per_token", -1e-06, "negative"),
        ("input_cost_per_token", float("nan"), "not a finite number"),
        ("input_cost_per_token", float("inf"), "not a finite number"),
        ("input_cost_per_token", "about two dollars", "not a number"),
        ("input_cost_per_token", True, "not a number"),
        ("input_cost_per_token", 5.0, "more than"),
        ("max_input_tokens", "max input tokens, if the provider says so", "not a number"),
        ("max_input_tokens", 0, "not between"),
        ("max_input_tokens", 1.5, "not a whole number"),
        ("max_input_tokens", 10**12, "not between"),
        ("max_input_tokens", float("nan"), "not a whole number"),
    ],
)
def test_a_number_that_cannot_be_is_named_and_skipped(
    stub: StubGateway, field: str, value: object, words: str
) -> None:
    (model,) = infos(stub, row(**{field: value}))

    (problem,) = model.problems
    assert problem.startswith(f"{field}: ")
    assert words in problem
    assert model.price_out == Decimal("10")
    assert (model.price_in if "cost" in field else model.context_window) is None


def test_patterns_and_the_documentation_row_are_no_models(stub: StubGateway) -> None:
    found = infos(
        stub,
        row("openai/*"),
        row("*"),
        row("sample_spec"),
        row(""),
        {"model_name": 7},
        "x",
        row("b"),
        row("a"),
    )

    assert [model.alias for model in found] == ["a", "b"]


def test_deployments_of_one_alias_become_one_careful_model(stub: StubGateway) -> None:
    (model,) = infos(
        stub,
        row(),
        row(input_cost_per_token=3e-06, max_input_tokens=64000, supports_vision=False),
    )

    assert (model.price_in, model.context_window) == (Decimal("3"), 64000)
    assert model.capabilities == ("function_calling",)
    assert len(model.problems) == 2


def test_a_plain_openai_gateway_gives_names(stub: StubGateway) -> None:
    stub.listed = [
        {
            "id": "b",
            "object": "model",
            "owned_by": "someone",
            "max_input_tokens": 8000,
            "mode": "chat",
        },
        {"id": "a"},
        {"id": None},
        "x",
    ]

    found = with_client(stub.url, lambda client: client.model_info())

    assert found == [
        ModelInfo(alias="a", model="a"),
        ModelInfo(
            alias="b", model="b", provider="someone", context_window=8000, extra={"mode": "chat"}
        ),
    ]
    assert with_client(stub.url, lambda client: client.models()) == ["a", "b"]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": 3}', b"[" * 100_000])
def test_another_shape_falls_back_to_the_names(stub: StubGateway, body: bytes) -> None:
    stub.info = body
    stub.listed = [{"id": "a"}]

    assert [model.alias for model in with_client(stub.url, lambda client: client.model_info())] == [
        "a"
    ]


def test_a_wrong_key_is_told_for_both_lists() -> None:
    with StubGateway(key="right") as stub, pytest.raises(GatewayError) as caught:
        with_client(stub.url, lambda client: client.model_info(), key="wrong")

    assert caught.value.code == "not_authorised"


def test_a_long_list_is_read(stub: StubGateway) -> None:
    found = infos(stub, *(row(f"model-{n:04d}", description="x" * 2000) for n in range(1000)))

    assert len(found) == 1000
