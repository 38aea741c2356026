"""When a price has moved, and what is said about it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateway.cost import Price
from workloads.tuning.prices import PriceMove, moved


def price(
    price_in: str, price_out: str = "4", cached: str | None = None, currency: str = "USD"
) -> Price:
    return Price(
        Decimal(price_in), Decimal(price_out), Decimal(cached) if cached else None, currency
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (price("1"), price("1"), False),
        (price("1"), price("1.1"), False),
        (price("1"), price("1.100001"), True),
        (price("1"), price("0.9"), False),
        (price("1"), price("0.89"), True),
        (price("1"), price("1", "4.5"), True),
        (price("1", cached="0.5"), price("1", cached="0.6"), True),
        (price("1"), price("1", cached="0.5"), True),
        (price("0"), price("0.000001"), True),
        (price("0", "0"), price("0", "0"), False),
        (price("1"), price("1", currency="EUR"), True),
        (None, price("1"), False),
        (price("1"), None, False),
    ],
)
def test_more_than_ten_percent_counts_up_or_down(
    before: Price | None, after: Price | None, expected: bool
) -> None:
    assert moved(before, after, 0.1) is expected


@given(st.decimals(min_value="0.000001", max_value=1000, places=6))
def test_the_same_price_never_moved(amount: Decimal) -> None:
    assert not moved(Price(amount, amount), Price(amount, amount), 0.1)


def test_it_is_said_in_prices_and_in_the_cost_of_a_request() -> None:
    told = PriceMove("swift", price("1"), price("1.5"), 800, 60).words()
    assert told == (
        "the price of swift went from 1 in and 4 out to 1.5 in and 4 out USD per million tokens;"
        " a request of 800 in and 60 out costs 0.00144 instead of 0.00104 USD (+38.5%)"
    )
