"""Reading criteria, campaigns and what they saw."""

from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import CampaignState, Verdict
from workloads.reviews.models import Campaign, CriteriaSet, Criterion, Execution


def criteria_of(cycle: Cycle) -> CriteriaSet | None:
    """Return the latest version of the cycle's criteria, locked or not, or None."""
    return (
        CriteriaSet.objects.filter(cycle=cycle)
        .select_related("author", "locked_by", "cycle__workload")
        .order_by("-version")
        .first()
    )


def campaigns_of(cycle: Cycle) -> list[Campaign]:
    """Return every campaign of the cycle, newest first: attempts are never hidden."""
    return list(
        Campaign.objects.filter(cycle=cycle)
        .select_related("build", "criteria_set", "created_by")
        .order_by("-number")
    )


def campaign_of(cycle: Cycle) -> Campaign | None:
    """Return the latest campaign that was not made void, or None."""
    return (
        Campaign.objects.filter(cycle=cycle)
        .exclude(state=CampaignState.VOID)
        .select_related("build", "criteria_set__cycle", "created_by")
        .order_by("-number")
        .first()
    )


def last_executions(campaign: Campaign) -> dict[int, Execution]:
    """Return the latest execution of each criterion, by the criterion's id."""
    return {e.criterion_id: e for e in campaign.executions.select_related("criterion").order_by("attempt")}


def table(criteria: CriteriaSet, campaign: Campaign | None) -> list[dict[str, object]]:
    """Return each criterion with what the campaign saw for it (None before it was seen)."""
    seen = last_executions(campaign) if campaign else {}
    return [{"criterion": one, "execution": seen.get(one.pk)} for one in criteria.criteria.all()]


def blocking(campaign: Campaign) -> list[Criterion]:
    """Return the criteria that do not pass in ``campaign``: failed, not shown, or not seen."""
    seen = last_executions(campaign)
    return [
        one
        for one in campaign.criteria_set.criteria.all()
        if one.pk not in seen or seen[one.pk].verdict != Verdict.PASS
    ]
