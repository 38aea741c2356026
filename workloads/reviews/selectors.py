"""Reading criteria, campaigns and what they saw."""

from dataclasses import dataclass

from portal.common.readonce import read_once
from workloads.builds.models import Build
from workloads.lifecycle.enums import ManifestChange
from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import CampaignState, Verdict
from workloads.reviews.evidence import Baseline
from workloads.reviews.models import Campaign, CriteriaSet, Criterion, Execution


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion with what the campaign saw for it; None before it was seen."""

    criterion: Criterion
    execution: Execution | None


@dataclass(frozen=True, slots=True)
class BarMove:
    """One criterion that is another than in the version before; None where there is none."""

    change: ManifestChange
    before: Criterion | None
    after: Criterion | None

    @property
    def title(self) -> str:
        """The criterion's name."""
        shown = self.after or self.before
        return shown.title if shown else ""


def versions_of(cycle: Cycle) -> list[CriteriaSet]:
    """Return every version of the cycle's criteria, newest first, with their bars."""
    return list(
        CriteriaSet.objects.filter(cycle=cycle)
        .select_related("author", "locked_by", "cycle__workload")
        .prefetch_related("criteria")
        .order_by("-version")
    )


@read_once
def criteria_of(cycle: Cycle) -> CriteriaSet | None:
    """Return the latest version of the cycle's criteria, locked or not, or None."""
    return (
        CriteriaSet.objects.filter(cycle=cycle)
        .select_related("author", "locked_by", "cycle__workload")
        .order_by("-version")
        .first()
    )


def moves(before: CriteriaSet, after: CriteriaSet) -> list[BarMove]:
    """Return what changed from one version of the criteria to the next, by name."""
    old = {c.title.casefold(): c for c in before.criteria.all()}
    new = {c.title.casefold(): c for c in after.criteria.all()}
    found = [
        BarMove(ManifestChange.CHANGED, old[name], new[name])
        for name in new
        if name in old and _bar(old[name]) != _bar(new[name])
    ]
    found += [BarMove(ManifestChange.ADDED, None, new[name]) for name in new if name not in old]
    found += [BarMove(ManifestChange.GONE, old[name], None) for name in old if name not in new]
    return found


def _bar(criterion: Criterion) -> tuple[object, ...]:
    return (
        criterion.category,
        criterion.metric,
        criterion.comparator,
        criterion.threshold,
        criterion.scope,
        criterion.min_n,
        criterion.rule,
        criterion.margin,
    )


def lock_problem(criteria: CriteriaSet, baseline: Baseline | None) -> str:
    """Return in a sentence why locked criteria can no longer be tested against, or "".

    A newer baseline scorecard alone does not matter: what is compared with is the one of the lock.
    """
    if baseline is None:
        return "There is no baseline any more."
    if dict(baseline.dataset) != criteria.dataset:
        return "The golden dataset has changed since the criteria were locked."
    return ""


def campaigns_of(cycle: Cycle) -> list[Campaign]:
    """Return every campaign of the cycle, newest first: attempts are never hidden."""
    return list(
        Campaign.objects.filter(cycle=cycle)
        .select_related("build", "criteria_set", "created_by")
        .order_by("-number")
    )


@read_once
def campaign_of(cycle: Cycle) -> Campaign | None:
    """Return the latest campaign that was not made void, or None."""
    return (
        Campaign.objects.filter(cycle=cycle)
        .exclude(state=CampaignState.VOID)
        .select_related("build", "criteria_set__cycle", "created_by")
        .order_by("-number")
        .first()
    )


def reruns_of(build: Build, criteria: CriteriaSet) -> int:
    """Return how many campaigns have concluded on this very build and these criteria."""
    return Campaign.objects.filter(
        build=build, criteria_set=criteria, state=CampaignState.CONCLUDED
    ).count()


@read_once
def last_executions(campaign: Campaign) -> dict[int, Execution]:
    """Return the latest execution of each criterion, by the criterion's id."""
    rows = campaign.executions.select_related("criterion").order_by("attempt")
    return {execution.criterion_id: execution for execution in rows}


def table(criteria: CriteriaSet, campaign: Campaign | None) -> list[Row]:
    """Return each criterion with what the campaign saw for it.

    A campaign that tested another version has seen nothing of this one.
    """
    tested = campaign is not None and campaign.criteria_set_id == criteria.pk
    seen = last_executions(campaign) if campaign is not None and tested else {}
    return [Row(one, seen.get(one.pk)) for one in criteria.criteria.all()]


def blocking(campaign: Campaign) -> list[Criterion]:
    """Return the criteria that do not pass in ``campaign``: failed, not shown, or not seen."""
    seen = last_executions(campaign)
    return [
        one
        for one in campaign.criteria_set.criteria.all()
        if one.pk not in seen or seen[one.pk].verdict != Verdict.PASS
    ]
