"""Where the limits of a brief contradict each other, with the arithmetic that shows it. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from catalog.matching import DAYS_A_MONTH
from workloads.briefs.answers import plain
from workloads.briefs.models import Brief

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One comparison of limits: ``tone`` pass, warn or fail; fail keeps the gate shut."""

    code: str
    tone: str
    text: str
    field: str


def cross_checks(brief: Brief) -> list[CrossCheck]:
    """Return the comparisons that the answers so far allow."""
    return [*_cost(brief), *_latency(brief), *_load(brief)]


def _cost(brief: Brief) -> list[CrossCheck]:
    per_request, budget = brief.max_cost_per_request, brief.budget_per_month
    requests = brief.requests_per_day
    if per_request is None or budget is None or requests is None:
        return []
    worst = per_request * requests * DAYS_A_MONTH
    sum_ = (
        f"{plain(per_request)} a request × {requests:,} a day × {DAYS_A_MONTH} days"
        f" = {worst:,.2f} {brief.currency} a month"
    )
    if worst > budget:
        text = (
            f"{sum_}, more than the budget of {budget:,.2f}. Either is a limit; the dearest"
            " requests cannot all happen."
        )
        return [CrossCheck("cost", "warn", text, "max_cost_per_request")]
    text = f"{sum_}, within the budget of {budget:,.2f}."
    return [CrossCheck("cost", "pass", text, "budget_per_month")]


def _latency(brief: Brief) -> list[CrossCheck]:
    usual, slowest = brief.latency_p50_ms, brief.latency_p95_ms
    if usual is None or slowest is None or usual <= slowest:
        return []
    text = (
        f"The usual answer ({plain(Decimal(usual) / 1000)} s) may not take longer than the slowest"
        f" acceptable one ({plain(Decimal(slowest) / 1000)} s)."
    )
    return [CrossCheck("latency", "fail", text, "latency_p50_ms")]


def _load(brief: Brief) -> list[CrossCheck]:
    if brief.peak_rps is None or brief.requests_per_day is None:
        return []
    most = brief.peak_rps * SECONDS_A_DAY
    if most >= brief.requests_per_day:
        return []
    text = (
        f"{plain(brief.peak_rps)} a second all day long is {most:,.0f} requests, fewer than"
        f" {brief.requests_per_day:,}: the busiest moment must be higher."
    )
    return [CrossCheck("load", "fail", text, "peak_rps")]
