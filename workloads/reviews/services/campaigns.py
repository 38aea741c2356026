"""Testing a build against locked criteria, and the verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Max

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, NotReady
from portal.common.policy import policy
from portal.common.text import clean_text
from workloads.builds.models import Build
from workloads.builds.selectors import build_of
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload
from workloads.reviews.enums import CampaignState, CampaignVerdict, Category, Verdict
from workloads.reviews.evidence import baseline_of, executor
from workloads.reviews.models import Campaign, CriteriaSet, Criterion, Execution
from workloads.reviews.selectors import (
    criteria_of,
    last_executions,
    lock_problem,
    reruns_of,
)
from workloads.reviews.services.shared import opened_cycle
from workloads.reviews.verdicts import Bar, Measurement, judge


@dataclass(frozen=True, slots=True)
class Seen:
    """What an executor measured for one criterion, and where the number comes from."""

    criterion_id: int
    measurement: Measurement
    evidence: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def start_campaign(*, actor: User, workload: Workload, reason: str = "") -> Campaign:
    """Test the present build against the locked criteria.

    Raises Forbidden, NotReady (criteria not locked, no build, the golden dataset or the baseline
    moved on, a category that nobody can test), Conflict (testing, too_many_reruns) or Invalid
    (reason: an unchanged build is tested again only for a reason).
    """
    cycle = opened_cycle(workload)
    policies.require(actor, workload, "edit")
    criteria, build = criteria_of(cycle), build_of(cycle)
    if criteria is None or criteria.locked_at is None:
        raise NotReady("Lock the criteria first: the bar stands before the test.")
    if build is None:
        raise NotReady("Make the build in phase 6 first.")
    moved = lock_problem(criteria, baseline_of(cycle))
    if moved:
        raise NotReady(f"{moved} Open a new version of the criteria.")
    if Campaign.objects.filter(cycle=cycle, state=CampaignState.TESTING).exists():
        raise Conflict("A campaign is testing already.", code="testing")
    words = _reason_for(build, criteria, reason)
    last = Campaign.objects.filter(cycle=cycle).aggregate(last=Max("number"))["last"] or 0
    campaign = Campaign.objects.create(
        cycle=cycle,
        number=last + 1,
        build=build,
        criteria_set=criteria,
        reason=words,
        started_at=now(),
        created_by=actor,
        updated_by=actor,
    )
    for category in sorted(set(criteria.criteria.values_list("category", flat=True))):
        produce = executor(category)
        if produce is None:
            raise NotReady(f"Nothing here can test {Category(category).label.lower()} yet.")
        campaign.runs[category] = dict(produce(actor, campaign))
    campaign.save(update_fields=("runs", "updated_at"))
    audit.record(
        actor=actor,
        action="campaign.started",
        kind="campaign",
        ref=f"{workload.ref}/{campaign.number}",
        workload=workload.ref,
        detail={"build": build.digest, "criteria": criteria.digest, "reason": words[:200]},
    )
    # A review that is open on the campaign before this one ends: its evidence is replaced.
    lifecycle.evidence_changed(
        actor=actor,
        cycle=cycle,
        change="campaign.started",
        detail=f"campaign {campaign.number} started",
        origin="go_no_go",
    )
    return campaign


def _reason_for(build: Build, criteria: CriteriaSet, reason: str) -> str:
    """Return the cleaned reason; it is demanded when this build was tested already."""
    done = reruns_of(build, criteria)
    limit = int(policy().number("reviews", "max_reruns_of_unchanged_build"))
    if done > limit:
        raise Conflict(
            f"This build was tested {done} times against these criteria; make a new build.",
            code="too_many_reruns",
        )
    return clean_text(reason, field="reason", minimum=20 if done else 0, maximum=400)


@transaction.atomic
def record_executions(*, campaign: Campaign, seen: Sequence[Seen]) -> list[Execution]:
    """Keep what an executor measured, each with its verdict, and conclude when all is there.

    Called by executors, not by people. Raises Conflict (not_testing) for a campaign that is over,
    KeyError for a criterion that is not in its set.
    """
    lifecycle.locked_workload(campaign.cycle.workload_id)
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if campaign.state != CampaignState.TESTING:
        raise Conflict("This campaign is over.", code="not_testing")
    criteria = {c.pk: c for c in campaign.criteria_set.criteria.all()}
    missing_max = float(policy().number("evaluation", "error_rate_max"))
    attempts = {pk: e.attempt for pk, e in last_executions(campaign).items()}
    rows = []
    for one in seen:
        criterion, measured = criteria[one.criterion_id], _finite(one.measurement)
        judged = judge(bar_of(criterion), measured, missing_max=missing_max)
        rows.append(
            Execution(
                campaign=campaign,
                criterion=criterion,
                attempt=attempts.get(criterion.pk, 0) + 1,
                value=measured.value,
                low=measured.low,
                high=measured.high,
                n=measured.n,
                missing=measured.missing,
                verdict=judged.verdict,
                words=judged.words,
                evidence=dict(one.evidence),
                at=now(),
            )
        )
    Execution.objects.bulk_create(rows)
    if set(last_executions(campaign)) == set(criteria):
        _conclude(campaign)
    return rows


def _finite(seen: Measurement) -> Measurement:
    """A figure that is no number was not measured; it can neither be stored nor pass."""

    def told(figure: float | None) -> float | None:
        return figure if figure is not None and math.isfinite(figure) else None

    return replace(seen, value=told(seen.value), low=told(seen.low), high=told(seen.high))


def bar_of(criterion: Criterion) -> Bar:
    """Return the numbers of ``criterion`` as the verdict takes them."""
    return Bar(
        comparator=criterion.comparator,
        threshold=float(criterion.threshold),
        rule=criterion.rule,
        min_n=criterion.min_n,
        margin=None if criterion.margin is None else float(criterion.margin),
    )


def _conclude(campaign: Campaign) -> None:
    seen = last_executions(campaign)
    passed = all(execution.verdict == Verdict.PASS for execution in seen.values())
    campaign.verdict = CampaignVerdict.GO if passed else CampaignVerdict.NO_GO
    campaign.state = CampaignState.CONCLUDED
    campaign.concluded_at = now()
    campaign.digest = digest(material(campaign))
    campaign.save()
    workload = campaign.cycle.workload
    audit.record(
        actor=None,
        action="campaign.concluded",
        kind="campaign",
        ref=f"{workload.ref}/{campaign.number}",
        workload=workload.ref,
        detail={"verdict": campaign.verdict, "digest": campaign.digest},
    )


def material(campaign: Campaign) -> dict[str, Any]:
    """Return what a concluded campaign's digest is over: what was tested and what was seen."""
    seen = last_executions(campaign).values()
    return {
        "build": campaign.build.digest,
        "criteria": campaign.criteria_set.digest,
        "verdict": campaign.verdict,
        "executions": [
            {
                "criterion": e.criterion.position,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "n": e.n,
                "missing": e.missing,
                "verdict": e.verdict,
                "evidence": e.evidence,
            }
            for e in sorted(seen, key=lambda e: e.criterion.position)
        ],
    }


@transaction.atomic
def break_off_campaign(*, campaign: Campaign, reason: str) -> None:
    """Note that a campaign's run did not complete. Does nothing when it is over already."""
    ended = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.TESTING).update(
        state=CampaignState.FAILED, state_reason=reason[:400], concluded_at=now()
    )
    if ended:
        workload = campaign.cycle.workload
        audit.record(
            actor=None,
            action="campaign.broken_off",
            kind="campaign",
            ref=f"{workload.ref}/{campaign.number}",
            workload=workload.ref,
            detail={"reason": reason[:200]},
        )
