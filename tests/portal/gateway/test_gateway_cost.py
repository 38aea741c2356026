"""Tokens into money: the reference rows, bounds and rounding."""

from decimal import Decimal

import pytest

from portal.gateway.cost import (
    Price,
    charged,
    cost,
    estimate_prompt_tokens,
    estimate_tokens,
    six_places,
    worst_case,
)

# name, input, of which cached, output, price in / cached / out per million, cost, cost to six
# decimals
REFERENCE = [
    ("plain", 1000, 0, 500, "2.50", "1.25", "10.00", "0.0075", "0.007500"),
    ("cached_half", 2000, 1000, 300, "2.50", "1.25", "10.00", "0.00675", "0.006750"),
    ("zero", 0, 0, 0, "2.50", "1.25", "10.00", "0", "0.000000"),
    ("tiny", 7, 0, 1, "0.15", "0.075", "0.60", "0.00000165", "0.000002"),
    ("million", 1000000, 0, 1000000, "3", "0.3", "15", "18", "18.000000"),
    ("all_cached", 5000, 5000, 50, "3", "0.3", "15", "0.00225", "0.002250"),
    ("output_only", 0, 0, 123, "0.1", "0.1", "0.4", "0.0000492", "0.000049"),
    ("cheap", 812, 256, 64, "0.05", "0.005", "0.4", "0.00005468", "0.000055"),
    ("long", 128000, 0, 4096, "1.10", "0.55", "4.40", "0.1588224", "0.158822"),
    ("free", 1000, 0, 1000, "0", "0", "0", "0", "0.000000"),
]
PRICE = Price(Decimal("2.50"), Decimal("10.00"), Decimal("1.25"))


@pytest.mark.reference
@pytest.mark.parametrize("row", REFERENCE, ids=[row[0] for row in REFERENCE])
def test_the_reference_rows_agree(row: tuple[str, int, int, int, str, str, str, str, str]) -> None:
    _, tokens_in, cached, out, price_in, price_cached, price_out, exact, rounded = row
    price = Price(Decimal(price_in), Decimal(price_out), Decimal(price_cached))

    amount = cost(tokens_in, cached, out, price)

    assert amount == Decimal(exact)
    assert str(six_places(amount)) == rounded


def test_without_a_price_for_cached_tokens_they_cost_as_much_as_others() -> None:
    price = Price(Decimal("2.50"), Decimal("10.00"))

    assert cost(1000, 400, 0, price) == cost(1000, 0, 0, price)


@pytest.mark.parametrize("tokens", [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (10, 11, 0)])
def test_counts_that_cannot_be_are_refused(tokens: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="token"):
        cost(*tokens, PRICE)


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity"])
def test_a_price_that_cannot_be_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="price_out"):
        Price(Decimal(1), Decimal(amount))


def test_the_worst_case_is_never_under_the_cost() -> None:
    dear_cache = Price(Decimal("0.15"), Decimal("0.60"), Decimal("0.30"))

    for price in (PRICE, dear_cache):
        for cached in (0, 3, 7):
            assert worst_case(7, 1, price) >= cost(7, cached, 1, price)
    assert worst_case(7, 1, Price(Decimal("0.15"), Decimal("0.60"))) == Decimal("0.000002")


def test_the_larger_of_report_and_list_price_is_booked() -> None:
    assert charged(None, Decimal("0.5")) == Decimal("0.5")
    assert charged(Decimal("0.1"), Decimal("0.5")) == Decimal("0.5")
    assert charged(Decimal("0.9"), Decimal("0.5")) == Decimal("0.9")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("hallmark", 4),
        ("a" * 1000, 400),
        ("é", 1),
        ("標記", 3),
        ("ab 標", 4),
        ("\ud800", 1),
    ],
)
def test_the_estimate_leans_up(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_conversation_counts_its_format() -> None:
    assert (
        estimate_prompt_tokens(
            [{"role": "system", "content": "hallmark"}, {"role": "user", "content": ""}]
        )
        == 4 + 8 + 8
    )
