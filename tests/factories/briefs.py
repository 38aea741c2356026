"""Briefs as tests need them, written through the service that the page uses."""

from typing import Any

from portal.accounts.models import User
from tests.factories import lives, people, replay
from workloads.briefs import services
from workloads.briefs.models import Brief
from workloads.lifecycle.measures import Measure, register
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import current_cycle

ANSWERS: dict[str, Any] = {
    "business_problem": "Agents read 900 tickets a day to pick a queue; one in seven is misrouted.",
    "intended_outcome": "Tickets reach the right queue within a minute.",
    "users": "25 service desk agents",
    "workload_type": "classification",
    "latency_p95_ms": "2",
    "requests_per_day": "900",
    "peak_rps": "0.5",
    "budget_per_month": "1,200",
    "max_cost_per_request": "0.02",
    "data_class": "internal",
    "data_categories": ["none"],
    "audience": "team",
    "autonomy": "drafts",
    "decision_impact": "operational",
    "eu_class": "minimal",
}
TIER_2: dict[str, Any] = {
    "data_class": "confidential",
    "non_ai_alternative": "Keyword rules route 62 % correctly today.",
    "out_of_scope_uses": "Judging the work of the agents.",
    "foreseeable_misuse": "Orders to the model hidden in a ticket.",
    "human_oversight": "The shift lead reads 20 routed tickets a day.",
    "fallback": "Tickets go to the general queue, as today.",
}
METRIC = "test_accuracy"


def known_metric() -> str:
    """Return the name of a measure that exists in every test."""
    register(Measure(METRIC, "Test accuracy", "%", "binary", "up", "Only for tests."))
    return METRIC


def kpi(**more: Any) -> dict[str, Any]:
    """Return one KPI row as the service takes it."""
    return {
        "name": "Routed to the right queue",
        "definition": "Tickets whose first queue is the one that closed them.",
        "unit": "%",
        "direction": "up",
        "baseline": "86",
        "target": "96",
        "floor": "90",
        "source": "evaluation",
        "measured_by": known_metric(),
        "before_launch": True,
        **more,
    }


def fill(workload: Workload, actor: User | None = None, *, tier: int = 1, **more: Any) -> Brief:
    """Write everything that the gate asks for at tier 1 or 2; ``more`` changes answers."""
    answers = {**ANSWERS, **(TIER_2 if tier == 2 else {}), **more}
    cycle = current_cycle(workload)
    known = Brief.objects.filter(cycle=cycle).first()
    saved = services.save_draft(
        actor=actor or workload.owner,
        workload=workload,
        row_version=known.row_version if known else 0,
        answers=answers,
        kpis=[kpi()],
    )
    assert not saved.problems, saved.problems
    assert not saved.kpi_problems, saved.kpi_problems
    workload.refresh_from_db()
    return saved.brief


def edit(brief: Brief, actor: User | None = None, **answers: Any) -> services.SavedBrief:
    """Change answers of a brief, as somebody who sees its newest state."""
    brief.refresh_from_db()
    workload = brief.cycle.workload
    return services.save_draft(
        actor=actor or workload.owner,
        workload=workload,
        row_version=brief.row_version,
        answers=answers,
    )


@lives.makes_ready("scoping")
def _scoping(cycle: Cycle, owner: User) -> None:
    fill(cycle.workload, owner)


@replay.once
def scene(tier: int = 1) -> tuple[User, Workload, Brief]:
    """Return an owner with a workload whose brief is complete."""
    owner = people.person("Owner")
    workload = lives.draft(owner)
    return owner, workload, fill(workload, tier=tier)
