"""Criteria that the brief asks for: proposed, then edited and locked by people."""

from dataclasses import replace
from decimal import Decimal

from workloads.briefs.models import Brief
from workloads.reviews.enums import Category, Comparator, Rule
from workloads.reviews.evidence import Baseline
from workloads.reviews.kpis import in_unit_of, measure_for
from workloads.reviews.services import CriterionInput

MARGIN = Decimal("0.1")


def propose(brief: Brief | None, baseline: Baseline) -> list[CriterionInput]:
    """Return criteria from the brief's KPIs and limits, as measured in the baseline.

    A KPI that must hold before launch becomes a bar at its floor; the latency and cost limits
    become bars; the first score of the baseline may not get worse.
    """
    found: list[CriterionInput] = []
    min_n = baseline.n
    for kpi in brief.kpi_rows() if brief else []:
        measure = measure_for(kpi.measured_by, baseline) if kpi.measured_by else None
        if measure is None or not kpi.before_launch or kpi.floor is None:
            continue
        up = kpi.direction == "up"
        found.append(
            CriterionInput(
                title=kpi.name,
                metric=measure.key,
                comparator=Comparator.AT_LEAST if up else Comparator.AT_MOST,
                threshold=in_unit_of(measure, kpi.floor, kpi.unit),
                rule=Rule.POINT,
                min_n=min(min_n, measure.n or min_n),
                kpi=kpi.name,
            )
        )
    latency, cost = baseline.measure("latency_p95"), baseline.measure("cost_per_request")
    if brief and brief.latency_p95_ms and latency is not None:
        limit = Decimal(brief.latency_p95_ms)
        found.append(
            CriterionInput(
                "p95 latency", latency.key, Comparator.AT_MOST, limit, Rule.POINT, min_n=1
            )
        )
    if brief and brief.max_cost_per_request and cost is not None:
        found.append(
            CriterionInput(
                "Cost per request",
                cost.key,
                Comparator.AT_MOST,
                brief.max_cost_per_request,
                Rule.INTERVAL_BOUND,
                min_n=1,
            )
        )
    score = next((m for m in baseline.measures if m.scale != "quantity"), None)
    if score is not None:
        found.append(
            CriterionInput(
                f"{score.label}: not worse than the baseline",
                score.key,
                Comparator.AT_LEAST,
                Decimal(0),
                Rule.NOT_WORSE,
                min_n=min(min_n, score.n or min_n),
                margin=MARGIN,
                category=Category.EVALUATION,
            )
        )
    return _named_apart(found)


def _named_apart(found: list[CriterionInput]) -> list[CriterionInput]:
    """Give a criterion whose name is taken a number: each name stands once in a set."""
    taken: set[str] = set()
    named = []
    for one in found:
        title, number = one.title, 2
        while title.casefold() in taken:
            title, number = f"{one.title} ({number})", number + 1
        taken.add(title.casefold())
        named.append(replace(one, title=title))
    return named
