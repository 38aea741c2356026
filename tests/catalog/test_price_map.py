"""Reading a price map: what is sound is taken, what is not is named, nothing is lost."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.pricemap import MOST_BYTES, Named, TooLarge, assign, parse
from portal.common.errors import Invalid
from portal.gateway.cost import Price, cost

FILE = (Path(__file__).parent / "data" / "price_map.json").read_bytes()


def test_the_small_map_is_read_whole_and_every_trap_is_named() -> None:
    found = parse(FILE)
    named = {(one.alias, one.field): one.message for one in found.problems}
    named |= {
        (one.alias, one.field): one.message
        for reading in found.readings
        for one in reading.problems
    }
    assert found.rows == 17
    assert "documents the fields" in named["sample_spec", ""]
    assert "stands twice" in named["twice", ""]
    assert "pattern" in named["vendor/*", ""]
    assert "invisible" in named["a\u202eb", ""]
    assert named["no object", ""] == "not an object"
    assert named["negative", "input_cost_per_token"] == "negative"
    assert named["texts", "input_cost_per_token"] == "not a number"
    assert named["texts", "output_cost_per_token"] == "not a number"
    assert named["texts", "max_input_tokens"] == "not a number"
    assert named["texts", "max_output_tokens"] == "not a whole number"
    assert "not a date" in named["prose", "deprecation_date"]
    assert "finite" in named["not finite", "input_cost_per_token"]
    assert "finite" in named["huge", "input_cost_per_token"]
    assert "not between" in named["huge", "max_input_tokens"]
    assert "more than" in named["dear", "input_cost_per_token"]


def test_a_trap_in_one_field_leaves_the_others() -> None:
    readings = {one.alias: one for one in parse(FILE).readings}
    assert readings["negative"].price is None
    assert readings["negative"].facts["context_window"] == 8_000
    assert readings["prose"].price == Price(Decimal(1), Decimal(1))
    assert readings["swift"].price == Price(Decimal("0.6"), Decimal("2.4"), Decimal("0.06"))
    assert readings["twice"].price == Price(Decimal(2), Decimal(2))
    assert not readings["vectors"].is_chat


def test_an_entry_is_found_at_its_own_provider_and_nowhere_else() -> None:
    readings = parse(FILE).readings
    named = [
        Named("ours", "Vendor", "steady", "steady-2026-02-01"),
        Named("steady-2026-02-01", "vendor", "other"),
        Named("swift", "Sandbox AG"),
        Named("unknown", "vendor", "unknown"),
    ]
    found, others = assign(named, readings)
    via = {one.alias: one.via for one in found}
    # Its dated name at its provider; never the same name of a provider that bills otherwise.
    assert via == {"ours": "vendor/steady-2026-02-01", "swift": "swift"}
    assert "steady-2026-02-01" in {one.alias for one in others}
    assert found[0].price == Price(Decimal(1), Decimal(2))
    # What the company calls it stays; the file's name for it is no fact of ours.
    assert "model" not in found[0].facts


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b"   \n", "empty", "empty"),
        (b"{", "not_json", "line 1"),
        (b"\xff\xfe{}", "not_json", "UTF-8"),
        (b"[]", "not_a_price_map", "one JSON object"),
        (b'{"a": 1}', "not_a_price_map", "one JSON object"),
        (b"{}", "not_a_price_map", "one JSON object"),
        (b'{"a":' * 100_000, "not_json", "nested"),
        (b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "not_json", "nested"),
        (json.dumps({str(n): {} for n in range(20_001)}).encode(), "too_many_models", "20,001"),
    ],
)
def test_what_is_no_price_map_is_refused_with_the_reason(
    data: bytes, code: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parse(data)
    assert refused.value.errors[0].code == code
    assert words in refused.value.message


def test_a_file_beyond_the_limit_is_not_parsed() -> None:
    with pytest.raises(TooLarge):
        parse(b" " * (MOST_BYTES + 1))


_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                                 max_size=3),
    max_leaves=6,
)  # fmt: skip
_row = st.dictionaries(
    st.sampled_from(
        ["input_cost_per_token", "output_cost_per_token", "max_input_tokens", "mode",
         "max_output_tokens", "litellm_provider", "deprecation_date", "supports_vision", "source"]
    ),
    _value, max_size=9,
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.text(max_size=20), _row | _value, min_size=1, max_size=5))
def test_no_file_breaks_the_reader_and_every_row_is_a_model_or_named(value: Any) -> None:
    data = json.dumps(value).encode()
    try:
        found = parse(data)
    except Invalid as refused:
        assert refused.errors[0].code in ("not_a_price_map", "empty")
        return
    names = {one.alias for one in found.readings}
    named = {one.alias for one in found.problems}
    assert len(names) + len({name for name in named if name not in names}) >= len(value) - 1
    for reading in found.readings:
        if reading.price is not None:
            assert reading.price.price_in >= 0
            assert reading.price.price_out >= 0
        context = reading.facts.get("context_window")
        assert context is None or context > 0


@settings(deadline=None)
@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6),
    st.decimals("0", "1000", places=6), st.decimals("0", "1000", places=6),
    st.none() | st.decimals("0", "1000", places=6),
)  # fmt: skip
def test_cost_is_exact_to_the_sixth_decimal(
    fresh: int, cached: int, out: int, price_in: Decimal, price_out: Decimal,
    price_cached: Decimal | None,
) -> None:  # fmt: skip
    price = Price(price_in, price_out, price_cached)
    found = cost(fresh + cached, cached, out, price)
    # In whole numbers: prices in millionths, so the cost is in millionths of a millionth.
    micro_in, micro_out = int(price_in.scaleb(6)), int(price_out.scaleb(6))
    micro_cached = micro_in if price_cached is None else int(price_cached.scaleb(6))
    assert int(found.scaleb(12)) == fresh * micro_in + cached * micro_cached + out * micro_out
