"""Where the limits of a brief contradict each other, with the arithmetic that shows it. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from catalog.matching import DAYS_A_MONTH
from workloads.briefs.answers import plain

SECONDS_A_DAY = 86_400


class Limits(Protocol):
    """The answers that are compared; None means not answered."""

    max_cost_per_request: Decimal | None
    budget_per_month: Decimal | None
    requests_per_day: int | None
    peak_rps: Decimal | None
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One comparison of limits: ``tone`` pass, warn or fail; fail keeps the gate shut."""

    code: str
    tone: str
    text: str
    field: str


def exact(value: Decimal) -> str:
    """Return a figure to its last decimal, thousands by comma: 1,234.000005."""
    return f"{Decimal(plain(value)):,f}"


def cost_a_month(per_request: Decimal, requests_a_day: int) -> Decimal:
    """Return what a month of the dearest requests costs, exactly (money has six decimals)."""
    return per_request * requests_a_day * DAYS_A_MONTH


def cross_checks(brief: Limits) -> list[CrossCheck]:
    """Return the comparisons that the answers so far allow."""
    return [*_cost(brief), *_latency(brief), *_load(brief)]


def _cost(brief: Limits) -> list[CrossCheck]:
    per_request, budget = brief.max_cost_per_request, brief.budget_per_month
    requests = brief.requests_per_day
    if per_request is None or budget is None or requests is None:
        return []
    worst = cost_a_month(per_request, requests)
    sum_ = (
        f"{exact(per_request)} a request × {requests:,} a day × {DAYS_A_MONTH} days"
        f" = {exact(worst)} {brief.currency} a month"
    )
    if worst > budget:
        text = (
            f"{sum_}, {exact(worst - budget)} more than the budget of {exact(budget)}. Either is a"
            " limit; the dearest requests cannot all happen."
        )
        return [CrossCheck("cost", "warn", text, "max_cost_per_request")]
    return [
        CrossCheck("cost", "pass", f"{sum_}, within the budget of {exact(budget)}.",
                   "budget_per_month")
    ]  # fmt: skip


def _latency(brief: Limits) -> list[CrossCheck]:
    usual, slowest = brief.latency_p50_ms, brief.latency_p95_ms
    if usual is None or slowest is None:
        return []
    half, most = plain(Decimal(usual) / 1000), plain(Decimal(slowest) / 1000)
    if usual > slowest:
        text = (
            f"Half of all answers within {half} s, 95 of 100 within {most} s: the half may not"
            f" take longer than the 95, {half} s > {most} s."
        )
        return [CrossCheck("latency", "fail", text, "latency_p50_ms")]
    text = f"Half of all answers within {half} s ≤ 95 of 100 within {most} s."
    return [CrossCheck("latency", "pass", text, "latency_p50_ms")]


def _load(brief: Limits) -> list[CrossCheck]:
    if brief.peak_rps is None or brief.requests_per_day is None:
        return []
    most = brief.peak_rps * SECONDS_A_DAY
    sum_ = (
        f"{plain(brief.peak_rps)} a second × {SECONDS_A_DAY:,} seconds = {exact(most)} requests a"
        " day at the most"
    )
    if most >= brief.requests_per_day:
        text = f"{sum_}, enough for {brief.requests_per_day:,}."
        return [CrossCheck("load", "pass", text, "peak_rps")]
    text = f"{sum_}, fewer than {brief.requests_per_day:,}: the busiest moment must be higher."
    return [CrossCheck("load", "fail", text, "peak_rps")]
