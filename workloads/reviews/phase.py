"""Phase 7: does it meet the bar that was set before testing?"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from portal.common.canonical import digest
from workloads.briefs.selectors import brief_of
from workloads.builds.selectors import build_of
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.reviews.enums import CampaignState, CampaignVerdict
from workloads.reviews.evidence import baseline_of
from workloads.reviews.kpis import due_before_launch, not_held
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import blocking, campaign_of, criteria_of, lock_problem


class GoNoGo(Phase):
    """Locked criteria, a concluded campaign on the present build, every criterion passed."""

    key = "go_no_go"
    number = 7
    label = "Go / no-go"
    question = "Does it meet the bar that was set before testing?"
    evidence_kinds = ("criteria", "campaign", "verdict")
    url_name = "reviews:go_no_go"
    spans_cycle = True
    makes_release = True
    impact: ClassVar[Mapping[str, Impact]] = {
        "brief.loosened": Impact.RECONFIRM,
        "brief.tightened": Impact.REOPEN,
        "brief.threshold_tightened": Impact.REOPEN,
        "brief.scope": Impact.REOPEN,
        "prompt.changed_after_baseline": Impact.REOPEN,
        "dataset.changed_after_lock": Impact.REOPEN,
        "dataset.changed_after_baseline": Impact.REOPEN,
        "metric.changed": Impact.REOPEN,
        "tuning.changed": Impact.REOPEN,
        "criteria.changed_after_lock": Impact.REOPEN,
        "build.changed_after_campaign": Impact.REOPEN,
        "catalog.retired": Impact.REOPEN,
        "catalog.alias_drift": Impact.REOPEN,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The criteria, the campaign and its verdict."""
        ref = cycle.workload.ref
        items: list[EvidenceItem] = []
        criteria, campaign = criteria_of(cycle), campaign_of(cycle)
        if criteria is not None and criteria.digest:
            items.append(EvidenceItem("criteria", ref, str(criteria.version), criteria.digest))
        if campaign is not None and campaign.digest:
            number = str(campaign.number)
            items.append(EvidenceItem("campaign", ref, number, campaign.digest))
            items.append(EvidenceItem("verdict", ref, number, digest(campaign.verdict)))
        return items

    def checks(self, cycle: Cycle) -> list[Check]:
        """Locked before tested, by another person; tested as it is now; everything passed."""
        link = reverse("reviews:go_no_go", args=[cycle.workload.ref])
        criteria = criteria_of(cycle)
        if criteria is None or criteria.locked_at is None:
            return [
                Check.of(
                    "criteria_locked",
                    "Criteria locked before testing",
                    False,
                    detail="Written, waiting for the lock." if criteria else "Write the criteria.",
                    link=link,
                    link_label="Open the criteria",
                    who="somebody who did not write them" if criteria else "owner or contributor",
                )
            ]
        campaign = campaign_of(cycle)
        return [
            self._locked(cycle, criteria, campaign, link),
            *self._kpis(cycle, criteria, link),
            self._tested(cycle, criteria, campaign, link),
            self._passed(campaign, link),
        ]

    def _locked(
        self, cycle: Cycle, criteria: CriteriaSet, campaign: Campaign | None, link: str
    ) -> Check:
        label = "Criteria locked before testing"
        wrote = {criteria.author_id, *criteria.writers}
        two_people = cycle.workload.tier == 1 or criteria.locked_by_id not in wrote
        early = campaign is None or (
            criteria.locked_at is not None and criteria.locked_at <= campaign.started_at
        )
        detail = f"version {criteria.version}, locked by {criteria.locked_by}"
        if not two_people:
            detail = "From tier 2 up, whoever wrote the criteria cannot lock them."
        elif not early:
            detail = "The campaign began before the lock."
        good = two_people and early
        return Check.of("criteria_locked", label, good, detail=detail, link="" if good else link)

    def _kpis(self, cycle: Cycle, criteria: CriteriaSet, link: str) -> list[Check]:
        kpis = list(brief_of(cycle).kpi_rows())
        wanted = due_before_launch(kpis)
        if not wanted:
            return []
        baseline = baseline_of(cycle)
        if baseline is None:
            left = ["There is no baseline that says what the KPIs are measured by."]
        else:
            left = not_held(kpis, list(criteria.criteria.all()), baseline)
        detail = " ".join(left) or ", ".join(sorted(kpi.name for kpi in wanted))
        return [
            Check.of("kpis_held", "Every KPI due before launch has its criterion", not left,
                     detail=detail, link=link if left else "")
        ]  # fmt: skip

    def _tested(
        self, cycle: Cycle, criteria: CriteriaSet, campaign: Campaign | None, link: str
    ) -> Check:
        label = "Tested as it is now"
        build, baseline = build_of(cycle), baseline_of(cycle)
        wrong = ""
        if campaign is None:
            wrong = "Start a campaign."
        elif campaign.state == CampaignState.TESTING:
            wrong = f"Campaign {campaign.number} is testing."
        elif campaign.state != CampaignState.CONCLUDED:
            wrong = f"Campaign {campaign.number} broke off: {campaign.state_reason}"
        elif build is None or campaign.build_id != build.pk:
            wrong = "There is a newer build; test it."
        elif campaign.criteria_set_id != criteria.pk:
            wrong = "There are newer criteria; test against them."
        else:
            wrong = lock_problem(criteria, baseline)
        shown = f"campaign {campaign.number}, build {campaign.build.number}" if campaign else ""
        return Check.of(
            "campaign_complete", label, not wrong, detail=wrong or shown,
            link=link if wrong else "", who="owner or contributor" if wrong else "",
        )  # fmt: skip

    def _passed(self, campaign: Campaign | None, link: str) -> Check:
        label = "Every criterion passes"
        if campaign is None or campaign.state != CampaignState.CONCLUDED:
            return Check.of("verdict_go", label, False, detail="No verdict yet.", link=link)
        left = blocking(campaign)
        passed = campaign.verdict == CampaignVerdict.GO and not left
        detail = "GO" if passed else f"NO-GO: {', '.join(c.title for c in left[:3])}"
        return Check.of("verdict_go", label, passed, detail=detail, link="" if passed else link)

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever wrote in or locked the criteria, or started the campaign."""
        criteria, campaign = criteria_of(cycle), campaign_of(cycle)
        found = [*criteria.writers, criteria.author_id, criteria.locked_by_id] if criteria else []
        found.append(campaign.created_by_id if campaign else None)
        return [pk for pk in found if pk is not None]

    def note(self, cycle: Cycle) -> str:
        """Where the test stands."""
        campaign = campaign_of(cycle)
        if campaign is None:
            criteria = criteria_of(cycle)
            return "criteria locked" if criteria and criteria.locked_at else ""
        if campaign.state != CampaignState.CONCLUDED:
            return f"campaign {campaign.number} {campaign.get_state_display().lower()}"
        return f"{campaign.get_verdict_display()}, campaign {campaign.number}"


def criteria_drafted(cycle: Cycle) -> list[Check]:
    """The check that phase 6 takes from here: the bar is on paper before the build is judged."""
    criteria = criteria_of(cycle)
    if criteria is not None and criteria.criteria.exists():
        detail = f"version {criteria.version}"
        return [Check.of("criteria_drafted", "Criteria drafted", True, detail=detail)]
    return [
        Check.of(
            "criteria_drafted",
            "Criteria drafted",
            False,
            detail="Write what the build must meet.",
            link=reverse("reviews:go_no_go", args=[cycle.workload.ref]),
            link_label="Write the criteria",
            who="owner or contributor",
        )
    ]
