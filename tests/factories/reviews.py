"""Criteria and campaigns as tests need them; the measurements come from the test."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.accounts.models import User
from tests.factories import briefs, lives, people
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.reviews import services
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import criteria_of
from workloads.reviews.services import CriterionInput, Seen
from workloads.reviews.verdicts import Measurement

KPI = "Routed to the right queue"
GOOD = Measurement(value=0.96, n=100, low=0.9, high=0.99)
BAD = Measurement(value=0.7, n=100, low=0.6, high=0.79)
FEW = Measurement(value=0.99, n=10, low=0.7, high=1.0)
NONE = Measurement(value=None, n=0, missing=100)
# What makes each of the criteria of `criteria` pass.
PASSING: Mapping[str, Measurement] = {
    KPI: GOOD,
    "p95 latency": Measurement(value=1200.0, n=100),
    "Not worse": Measurement(value=0.01, n=100, low=-0.02, high=0.04),
}


def criteria() -> list[CriterionInput]:
    """Return a KPI's floor, a limit of the brief, and a comparison with the baseline."""
    metric = briefs.known_metric()
    return [
        CriterionInput(KPI, metric, ">=", Decimal("0.9"), "point", min_n=50, kpi=KPI),
        CriterionInput("p95 latency", "latency_p95", "<=", Decimal(2000), "point"),
        CriterionInput(
            "Not worse", metric, ">=", Decimal(0), "not_worse", min_n=50, margin=Decimal("0.1")
        ),
    ]


def write(
    workload: Workload, actor: User | None = None, rows: list[CriterionInput] | None = None
) -> CriteriaSet:
    """Write criteria as the draft."""
    return services.write_criteria(
        actor=actor or workload.owner, workload=workload, criteria=rows or criteria()
    )


def lock(workload: Workload, actor: User | None = None) -> CriteriaSet:
    """Lock the present criteria, by a risk reviewer unless somebody is named."""
    found = criteria_of(current_cycle(workload))
    assert found is not None
    return services.lock_criteria(actor=actor or people.reviewer("risk"), criteria=found)


def measure(campaign: Campaign, **seen: Measurement | None) -> Campaign:
    """Report what was seen, by the criterion's name without spaces; None leaves one out."""
    named = {title.replace(" ", "_"): measured for title, measured in PASSING.items()} | seen
    rows: list[Seen] = []
    for criterion in campaign.criteria_set.criteria.all():
        measured = named[criterion.title.replace(" ", "_")]
        if measured is not None:
            rows.append(Seen(criterion.pk, measured, {"kind": "test"}))
    services.record_executions(campaign=campaign, seen=rows)
    campaign.refresh_from_db()
    return campaign


def campaign(workload: Workload, actor: User | None = None, **seen: Any) -> Campaign:
    """Start a campaign and report what was seen; everything passes unless ``seen`` differs."""
    made = services.start_campaign(actor=actor or workload.owner, workload=workload)
    return measure(made, **seen)


@lives.makes_ready("go_no_go")
def _go_no_go(cycle: Cycle, owner: User) -> None:
    lock(cycle.workload)
    assert campaign(cycle.workload, owner).verdict == "go"
