"""Everything that the decision page shows of a cycle, put together in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from portal.shell import formats
from workloads.briefs.selectors import brief_of
from workloads.builds.models import Build
from workloads.builds.selectors import build_of
from workloads.lifecycle.models import Cycle
from workloads.reviews import selectors
from workloads.reviews.enums import CampaignState, CampaignVerdict, LockState, Verdict
from workloads.reviews.evidence import Baseline, baseline_of
from workloads.reviews.models import Campaign, CriteriaSet, Criterion
from workloads.reviews.proposals import propose
from workloads.reviews.selectors import BarMove, Row
from workloads.reviews.services import CriterionInput


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the criteria with what changed against the one before."""

    criteria: CriteriaSet
    moves: Sequence[BarMove]


@dataclass(frozen=True, slots=True)
class Board:
    """The decision as it stands: the bar, the present campaign, what blocks, all attempts."""

    baseline: Baseline | None
    versions: Sequence[Version]
    criteria: CriteriaSet | None
    build: Build | None
    campaigns: Sequence[Campaign]
    campaign: Campaign | None
    rows: Sequence[Row]
    blocking: Sequence[Criterion]
    # What the table starts from: the draft, or what the brief asks for.
    start: Sequence[CriterionInput | Criterion]
    run_url: str
    lock_problem: str
    again: bool

    @property
    def locked(self) -> bool:
        """Whether the present criteria can no longer change."""
        return self.criteria is not None and self.criteria.locked_at is not None

    @property
    def lock_state(self) -> LockState:
        """The same as a status with its words and tone."""
        return LockState.LOCKED if self.locked else LockState.DRAFT

    @property
    def lock_words(self) -> str:
        """When the criteria were locked, and that it was before the test: "locked 14 Nov, …"."""
        if self.criteria is None or self.criteria.locked_at is None:
            return ""
        tested = any(one.criteria_set_id == self.criteria.pk for one in self.campaigns)
        when = formats.moment(self.criteria.locked_at)
        return f"locked {when}, {'before the first test' if tested else 'nothing tested yet'}"

    @property
    def testing(self) -> bool:
        """Whether a campaign tests at this moment."""
        return self.campaign is not None and self.campaign.state == CampaignState.TESTING

    @property
    def broken_off(self) -> bool:
        """Whether the present campaign ended without all its evidence."""
        return self.campaign is not None and self.campaign.state == CampaignState.FAILED

    @property
    def concluded(self) -> bool:
        """Whether the present campaign has a verdict on the present criteria."""
        return (
            self.campaign is not None
            and self.campaign.state == CampaignState.CONCLUDED
            and self.criteria is not None
            and self.campaign.criteria_set_id == self.criteria.pk
        )

    @property
    def go(self) -> bool:
        """Whether the verdict is GO, and nothing blocks it."""
        return (
            self.concluded
            and self.campaign is not None
            and self.campaign.verdict == CampaignVerdict.GO
            and not self.blocking
        )

    @property
    def outdated(self) -> bool:
        """Whether there is a newer build than the one that the campaign tested."""
        return (
            self.campaign is not None
            and self.build is not None
            and self.campaign.build_id != self.build.pk
        )

    @property
    def failures(self) -> list[Row]:
        """The criteria that do not pass, with what was seen."""
        names = {criterion.pk for criterion in self.blocking}
        return [row for row in self.rows if row.criterion.pk in names]

    @property
    def summary(self) -> str:
        """How many criteria fail or are not shown: "1 of 6 criteria fails and 1 is not shown."."""
        failed = sum(
            row.execution is not None and row.execution.verdict == Verdict.FAIL
            for row in self.failures
        )
        unknown, of_all = len(self.blocking) - failed, f" of {len(self.rows)} criteria"
        parts = []
        if failed:
            parts.append(f"{failed}{of_all} {'fails' if failed == 1 else 'fail'}")
        if unknown:
            total = "" if failed else of_all
            parts.append(f"{unknown}{total} {'is' if unknown == 1 else 'are'} not shown")
        return f"{' and '.join(parts)}." if parts else ""

    @property
    def labels(self) -> Mapping[str, str]:
        """The measures' names by key."""
        return {m.key: m.label for m in self.baseline.measures} if self.baseline else {}

    @property
    def units(self) -> Mapping[str, str]:
        """The measures' units by key."""
        return {m.key: m.unit for m in self.baseline.measures} if self.baseline else {}


def board(cycle: Cycle) -> Board:
    """Return the decision of ``cycle`` as it stands now."""
    baseline, sets = baseline_of(cycle), selectors.versions_of(cycle)
    criteria = sets[0] if sets else None
    if criteria is not None:
        criteria.cycle = cycle
    campaigns = selectors.campaigns_of(cycle)
    campaign = next((c for c in campaigns if c.state != CampaignState.VOID), None)
    build = build_of(cycle)
    start: Sequence[CriterionInput | Criterion] = ()
    if criteria is not None:
        start = list(criteria.criteria.all())
    elif baseline is not None:
        start = propose(brief_of(cycle), baseline)
    locked = criteria is not None and criteria.locked_at is not None
    return Board(
        baseline=baseline,
        versions=[
            Version(one, selectors.moves(before, one) if before else [])
            for one, before in zip(sets, [*sets, None][1:], strict=True)
        ],
        criteria=criteria,
        build=build,
        campaigns=campaigns,
        campaign=campaign,
        rows=selectors.table(criteria, campaign) if criteria else [],
        blocking=selectors.blocking(campaign) if campaign else [],
        start=start,
        run_url=_run_url(cycle, campaign),
        lock_problem=selectors.lock_problem(criteria, baseline) if criteria and locked else "",
        again=bool(build and criteria and selectors.reruns_of(build, criteria)),
    )


def _run_url(cycle: Cycle, campaign: Campaign | None) -> str:
    """Return the page of the first run that produces evidence for ``campaign``, or ""."""
    for run in campaign.runs.values() if campaign else ():
        if run.get("kind") == "run":
            return reverse("runs:run", args=[cycle.workload.ref, run["ref"]])
    return ""
