"""How a model stands against a brief, and that no reason is left out."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.enums import Capability, DataClass, EntryStatus, Outcome
from catalog.matching import (
    Measured,
    ModelFacts,
    Requirements,
    catalog_revision,
    match,
    moves,
    rank,
)
from portal.gateway.cost import Price

TODAY = date(2026, 11, 14)
PRICE = Price(Decimal(1), Decimal(4))
ASKED = Requirements(
    on=TODAY,
    data_class="confidential",
    residency=("eu",),
    capabilities=("json_schema",),
    min_context_tokens=32_000,
    latency_p95_ms=2_000,
    max_cost_per_request=Decimal("0.02"),
    budget_per_month=Decimal(1_200),
    requests_per_day=900,
    tokens_in=800,
    tokens_out=60,
    tier=2,
    business_unit="Service",
)
MODEL = ModelFacts(
    alias="swift",
    status="approved",
    approval_expires=TODAY + timedelta(days=30),
    max_data_class="confidential",
    trains_on_data="no",
    regions=("eu-central-1",),
    capabilities=("json_schema", "streaming"),
    context_window=64_000,
    max_output_tokens=4_000,
    price=PRICE,
    latency_p95_ms=900,
)


def test_a_model_that_meets_all_fits_and_its_cost_is_exact() -> None:
    found = match(ASKED, MODEL)
    assert (found.outcome, found.reasons) == (Outcome.FITS, [])
    # (800 × 1 + 60 × 4) / 1,000,000 = 0.00104; × 900 × 30
    assert found.cost_per_request == Decimal("0.00104")
    assert found.cost_per_month == Decimal("28.08")


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({"status": "proposed"}, "ruled_out", "lists it as proposed"),
        ({"status": "blocked"}, "ruled_out", "lists it as blocked"),
        ({"approval_expires": TODAY - timedelta(days=1)}, "ruled_out", "ended on 2026-11-13"),
        ({"approval_expires": None}, "ruled_out", "nobody set until when"),
        ({"retirement_date": TODAY}, "ruled_out", "retired since"),
        ({"status": "deprecated"}, "near_miss", "deprecated"),
        ({"status": "restricted", "restricted_tiers": (1,)}, "ruled_out", "only for tier 1"),
        ({"status": "restricted", "restricted_units": ("Law",)}, "ruled_out", "only for Law"),
        ({"status": "restricted", "restricted_tiers": (1, 2)}, "fits", ""),
        ({"offered": False}, "ruled_out", "no longer offers"),
        ({"max_data_class": "internal"}, "ruled_out", "up to internal data"),
        ({"max_data_class": ""}, "ruled_out", "which data it may see"),
        ({"trains_on_data": "yes"}, "ruled_out", "public data only"),
        ({"trains_on_data": "opt_out"}, "fits", "unless opted out"),
        ({"regions": ("eu-central-1", "us-east-1")}, "ruled_out", "us-east-1; only eu"),
        ({"regions": ("europe",)}, "ruled_out", "only eu"),
        ({"regions": ()}, "ruled_out", "where it runs is not known"),
        ({"capabilities": ()}, "near_miss", "json by a schema"),
        ({"context_window": 16_384}, "near_miss", "context 16,384 < 32,000 needed"),
        ({"context_window": None}, "near_miss", "context not known"),
        ({"max_output_tokens": 20}, "near_miss", "20 tokens < 60 needed"),
        ({"price": None}, "near_miss", "no price"),
        (
            {"price": Price(Decimal(30), Decimal(4))},
            "near_miss",
            "a request > $\N{NO-BREAK SPACE}0.0200 allowed",
        ),
        (
            {"price": Price(Decimal(90), Decimal(0))},
            "near_miss",
            "a month > $\N{NO-BREAK SPACE}1\N{NARROW NO-BREAK SPACE}200.00 budget",
        ),
        ({"price": Price(Decimal(1), Decimal(4), None, "EUR")}, "fits", "not compared"),
        ({"latency_p95_ms": 2_001}, "near_miss", "2,001 ms > 2,000 ms"),
        ({"latency_p95_ms": None}, "fits", "not measured yet"),
    ],
)
def test_each_thing_that_is_wrong_is_said(change: dict[str, Any], outcome: str, words: str) -> None:
    found = match(ASKED, replace(MODEL, **change))
    assert found.outcome == outcome
    assert words in "; ".join(reason.text for reason in found.reasons)


def test_a_capability_that_cannot_be_worked_around_rules_out() -> None:
    assert match(replace(ASKED, capabilities=("vision",)), MODEL).outcome == "ruled_out"


def test_every_reason_is_given_not_only_the_first() -> None:
    model = replace(MODEL, status="blocked", regions=("us",), context_window=10, price=None)
    codes = {reason.code for reason in match(ASKED, model).reasons}
    assert codes == {"status", "region", "context", "price"}


def test_restricted_data_rules_out_every_provider_with_its_reason() -> None:
    models = [replace(MODEL, alias=name, max_data_class="confidential") for name in "abc"]
    for found in rank(replace(ASKED, data_class="restricted"), models):
        assert found.outcome == "ruled_out"
        assert "the brief has restricted" in found.reasons[0].text


def test_the_cheaper_comes_first_within_its_group_and_no_price_last() -> None:
    dear, cheap = Price(Decimal(2), Decimal(8)), Price(Decimal("0.1"), Decimal("0.2"))
    models = [
        replace(MODEL, alias="unpriced", price=None),
        replace(MODEL, alias="dear", price=dear),
        replace(MODEL, alias="blocked", status="blocked", price=cheap),
        replace(MODEL, alias="cheap", price=cheap),
    ]
    assert [found.alias for found in rank(ASKED, models)] == [
        "cheap", "dear", "unpriced", "blocked",
    ]  # fmt: skip


def test_a_stored_filter_reads_back_as_it_was() -> None:
    assert Requirements.from_dict(ASKED.as_dict()) == ASKED


_facts = st.builds(
    ModelFacts,
    alias=st.text("abc", min_size=1, max_size=3),
    status=st.sampled_from(EntryStatus.values),
    approval_expires=st.none()
    | st.sampled_from([TODAY - timedelta(1), TODAY, TODAY + timedelta(1)]),
    retirement_date=st.none() | st.sampled_from([TODAY, TODAY + timedelta(1)]),
    restricted_units=st.sampled_from([(), ("Service",), ("Law",)]),
    restricted_tiers=st.sampled_from([(), (1,), (2, 3)]),
    max_data_class=st.sampled_from(["", *DataClass.values]),
    trains_on_data=st.sampled_from(["", "no", "opt_out", "yes"]),
    regions=st.sampled_from([(), ("eu",), ("eu-west-1", "us"), ("us",)]),
    capabilities=st.sets(st.sampled_from(Capability.values)).map(tuple),
    context_window=st.none() | st.sampled_from([1_000, 32_000]),
    max_output_tokens=st.none() | st.sampled_from([10, 300]),
    price=st.none() | st.sampled_from([PRICE, Price(Decimal(500), Decimal(500))]),
    latency_p95_ms=st.none() | st.sampled_from([100, 9_000]),
    offered=st.booleans(),
    hosting=st.sampled_from(["", "own", "provider"]),
    provider_retention_days=st.none() | st.sampled_from([0, 30, 31]),
)
_asked = st.builds(
    Requirements,
    on=st.just(TODAY),
    data_class=st.sampled_from(["", *DataClass.values]),
    residency=st.sampled_from([(), ("any",), ("eu",), ("eu", "us")]),
    capabilities=st.sets(st.sampled_from(Capability.values)).map(tuple),
    min_context_tokens=st.none() | st.just(20_000),
    latency_p95_ms=st.none() | st.just(2_000),
    max_cost_per_request=st.none() | st.just(Decimal("0.02")),
    budget_per_month=st.none() | st.just(Decimal(100)),
    requests_per_day=st.none() | st.just(1_000),
    tokens_in=st.just(800),
    tokens_out=st.just(60),
    tier=st.none() | st.sampled_from([1, 2]),
    business_unit=st.sampled_from(["", "Service"]),
    retention_days=st.none() | st.sampled_from([0, 30]),
)


def _allowed(asked: Requirements, model: ModelFacts) -> bool:
    """Brute force, written from the policy and not from the code: may it be used at all?"""
    ranks = {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}
    if model.status not in {"approved", "restricted", "deprecated"} or not model.offered:
        return False
    if model.approval_expires is None or model.approval_expires < asked.on:
        return False
    if model.retirement_date and model.retirement_date <= asked.on:
        return False
    if model.restricted_tiers and asked.tier not in model.restricted_tiers:
        return False
    if model.restricted_units and asked.business_unit not in model.restricted_units:
        return False
    if asked.data_class:
        if ranks.get(model.max_data_class, -1) < ranks[asked.data_class]:
            return False
        if asked.data_class != "public" and model.trains_on_data not in {"no", "opt_out"}:
            return False
        kept = model.provider_retention_days or 0
        allowed = asked.retention_days
        if asked.data_class != "public" and allowed is not None and kept > allowed:
            return False
    if asked.residency and "any" not in asked.residency:
        if not model.regions:
            return False
        if any(region.split("-")[0] not in asked.residency for region in model.regions):
            return False
    return not ({"tools", "vision", "audio"} & set(asked.capabilities)) - set(model.capabilities)


def _meets_all(asked: Requirements, model: ModelFacts) -> bool:
    """Brute force: does it also meet every limit?"""
    if model.status == "deprecated" or model.price is None:
        return False
    if set(asked.capabilities) - set(model.capabilities):
        return False
    if (model.context_window or 0) < max(asked.min_context_tokens or 0, 860):
        return False
    if model.max_output_tokens is not None and model.max_output_tokens < 60:
        return False
    each = (model.price.price_in * 800 + model.price.price_out * 60) / 1_000_000
    if asked.max_cost_per_request is not None and each > asked.max_cost_per_request:
        return False
    if (
        asked.budget_per_month is not None
        and asked.requests_per_day
        and each * asked.requests_per_day * 30 > asked.budget_per_month
    ):
        return False
    slow = asked.latency_p95_ms is not None and (model.latency_p95_ms or 0) > asked.latency_p95_ms
    return not slow


_checked = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_checked
@given(_asked, st.lists(_facts, max_size=5))
def test_the_filter_equals_a_brute_force_filter(
    asked: Requirements, models: list[ModelFacts]
) -> None:
    expected = sorted(
        (
            model.alias,
            "ruled_out"
            if not _allowed(asked, model)
            else "fits"
            if _meets_all(asked, model)
            else "near_miss",
        )
        for model in models
    )
    found = rank(asked, models)
    assert sorted((one.alias, one.outcome.value) for one in found) == expected
    for one in found:
        assert bool([r for r in one.reasons if r.severity != "note"]) == (one.outcome != "fits")


_amounts = st.decimals(min_value=0, max_value=100_000, places=6)


@_checked
@given(
    st.integers(1, 10_000_000), st.integers(1, 10_000_000), _amounts, _amounts,
    st.integers(0, 1_000_000),
)  # fmt: skip
def test_cost_is_exact_to_the_last_of_six_decimals(
    tokens_in: int, tokens_out: int, price_in: Decimal, price_out: Decimal, a_day: int
) -> None:
    asked = replace(ASKED, tokens_in=tokens_in, tokens_out=tokens_out, requests_per_day=a_day)
    found = match(asked, replace(MODEL, price=Price(price_in, price_out)))
    # In whole millionths of a millionth, where nothing can be rounded.
    exact = tokens_in * int(price_in * 10**6) + tokens_out * int(price_out * 10**6)
    assert found.cost_per_request is not None
    assert found.cost_per_month is not None
    assert int(found.cost_per_request * 10**12) == exact
    assert int(found.cost_per_month * 10**12) == exact * a_day * 30


@_checked
@given(st.lists(_facts, max_size=5, unique_by=lambda one: one.alias), st.randoms())
def test_facts_read_back_as_they_were_and_the_revision_is_their_content(
    models: list[ModelFacts], dice: Any
) -> None:
    stored = [one.as_dict() for one in models]
    again = [ModelFacts.from_dict(one) for one in stored]
    assert [one.as_dict() for one in again] == stored
    dice.shuffle(again)
    assert catalog_revision(again) == catalog_revision(models)
    if models:
        other = replace(models[0], context_window=(models[0].context_window or 0) + 1)
        assert catalog_revision([other, *models[1:]]) != catalog_revision(models)


@_checked
@given(
    _asked, st.lists(_facts, max_size=5, unique_by=lambda one: one.alias), st.integers(1, 40_000)
)
def test_what_moves_is_what_fits_in_one_answer_alone(
    asked: Requirements, models: list[ModelFacts], context: int
) -> None:
    before, after = rank(asked, models), rank(replace(asked, min_context_tokens=context), models)
    fitted = {one.alias for one in before if one.outcome == "fits"}
    fits = {one.alias for one in after if one.outcome == "fits"}
    found = moves(before, after)
    assert {one.alias for one in found if one.came_in} == fits - fitted
    assert {one.alias for one in found if not one.came_in} == fitted - fits
    assert all(one.reasons for one in found)


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (
            {"provider_retention_days": 31},
            "ruled_out",
            "keeps the data for 31 days; 30 days allowed",
        ),
        ({"provider_retention_days": 30}, "fits", ""),
        ({"provider_retention_days": None, "hosting": "provider"}, "fits", "not known how long"),
        ({"provider_retention_days": None, "hosting": "own"}, "fits", ""),
    ],
)
def test_how_long_a_provider_keeps_the_data(
    change: dict[str, Any], outcome: str, words: str
) -> None:
    found = match(replace(ASKED, retention_days=30), replace(MODEL, **change))
    assert found.outcome == outcome
    assert words in "; ".join(reason.text for reason in found.reasons)
    public = match(replace(ASKED, retention_days=30, data_class="public"), replace(MODEL, **change))
    assert public.outcome == "fits"


def test_a_model_counts_with_the_sizes_that_were_measured_for_it() -> None:
    asked = replace(ASKED, min_context_tokens=None, measured=(Measured("swift", 2_000, 100, 50),))
    found = match(asked, MODEL)
    assert (found.tokens_in, found.tokens_out) == (2_000, 100)
    assert found.cost_per_request == Decimal("0.0024")
    assert match(asked, replace(MODEL, alias="other")).cost_per_request == Decimal("0.00104")
    short = match(asked, replace(MODEL, context_window=2_050))
    assert short.reasons[0].text == "context 2,050 < 2,100 needed"
    assert Requirements.from_dict(asked.as_dict()) == asked


def test_a_restriction_outlives_the_deprecation_of_the_model() -> None:
    model = replace(MODEL, status="deprecated", restricted_tiers=(1,))
    assert match(ASKED, model).outcome == "ruled_out"
