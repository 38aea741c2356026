"""Where limits contradict each other: the arithmetic is shown, and exact to the last decimal."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from workloads.briefs.crosschecks import CrossCheck, cost_a_month, cross_checks, exact


@dataclass
class Limits:
    max_cost_per_request: Decimal | None = None
    budget_per_month: Decimal | None = None
    requests_per_day: int | None = None
    peak_rps: Decimal | None = None
    latency_p50_ms: int | None = None
    latency_p95_ms: int | None = None
    currency: str = "USD"


money = st.decimals(Decimal(0), Decimal(1_000_000), places=6)
requests = st.integers(1, 2_147_483_647)


def one(limits: Limits) -> CrossCheck:
    found = cross_checks(limits)
    assert len(found) == 1
    return found[0]


@given(money, requests, money)
def test_the_cost_of_a_month_is_exact_and_its_text_says_the_same(
    per_request: Decimal, a_day: int, budget: Decimal
) -> None:
    true = Fraction(per_request) * a_day * 30
    assert Fraction(cost_a_month(per_request, a_day)) == true
    check = one(Limits(per_request, budget, a_day))
    assert (check.tone == "warn") == (true > Fraction(budget))
    said = check.text.split(" = ")[1].split(" USD")[0].replace(",", "")
    assert Fraction(Decimal(said)) == true


def test_a_millionth_over_the_budget_is_seen() -> None:
    check = one(Limits(Decimal("0.000001"), Decimal("0.000029"), 1))
    assert check.tone == "warn"
    assert "0.00003 USD a month, 0.000001 more than the budget of 0.000029" in check.text


@given(st.integers(1, 3_600_000), st.integers(1, 3_600_000))
def test_half_of_the_answers_may_not_take_longer_than_95_of_100(half: int, most: int) -> None:
    check = one(Limits(latency_p50_ms=half, latency_p95_ms=most))
    assert (check.tone == "fail") == (half > most)


@given(st.decimals(Decimal("0.001"), Decimal(100_000), places=3), requests)
def test_the_peak_all_day_long_must_hold_the_days_requests(peak: Decimal, a_day: int) -> None:
    check = one(Limits(peak_rps=peak, requests_per_day=a_day))
    assert (check.tone == "fail") == (Fraction(peak) * 86_400 < a_day)


def test_what_is_not_answered_is_not_compared() -> None:
    assert cross_checks(Limits(max_cost_per_request=Decimal(1), peak_rps=Decimal(1))) == []


@given(st.decimals(Decimal(0), Decimal(10**12), places=6))
def test_a_figure_is_written_to_its_last_decimal(value: Decimal) -> None:
    assert Decimal(exact(value).replace(",", "")) == value
