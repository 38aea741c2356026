"""Writing criteria, locking them, and opening a new version of locked ones."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.reviews.enums import CampaignState, Rule
from workloads.reviews.evidence import baseline_of
from workloads.reviews.models import Campaign, CriteriaSet, Criterion
from workloads.reviews.policies import lock_refusal
from workloads.reviews.selectors import criteria_of
from workloads.reviews.services.bars import CriterionInput, as_input, problems
from workloads.reviews.services.shared import opened_cycle


@transaction.atomic
def write_criteria(
    *,
    actor: User,
    workload: Workload,
    criteria: Sequence[CriterionInput],
    row_version: int | None = None,
) -> CriteriaSet:
    """Keep ``criteria`` as the draft of the present version; whoever writes last is its author.

    ``row_version`` is what the writer saw, 0 before the first save. Raises Forbidden, NotReady (no
    baseline), Invalid (each criterion by number) or Conflict (criteria_locked; version_conflict
    when somebody else wrote meanwhile).
    """
    cycle = opened_cycle(workload)
    policies.require(actor, workload, "edit")
    baseline = baseline_of(cycle)
    if baseline is None:
        raise NotReady(
            "Choose the winner of the evaluation first; criteria are about its measures."
        )
    draft = criteria_of(cycle)
    if draft is not None and draft.locked_at is not None:
        raise Conflict(
            f"Criteria {draft.version} were locked on {draft.locked_at:%d %b %Y at %H:%M} UTC."
            " A new version voids what was tested.",
            code="criteria_locked",
        )
    seen = draft.row_version if draft else 0
    if row_version is not None and row_version != seen:
        raise Conflict(
            "Somebody else wrote criteria after you opened this page. Nothing of yours was kept:"
            " copy what you wrote, load the page again and put it in.",
            code="version_conflict",
        )
    errors = problems(criteria, baseline, cycle)
    if errors:
        raise Invalid("The criteria cannot be kept yet.", errors=errors)
    if draft is None:
        draft = CriteriaSet(cycle=cycle, version=1, author=actor, created_by=actor)
    draft.author = actor
    draft.updated_by = actor
    draft.row_version = seen + 1
    if actor.pk not in draft.writers:
        draft.writers = [*draft.writers, actor.pk]
    draft.save()
    draft.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(
            criteria_set=draft,
            position=index,
            title=clean_text(one.title, field="title", single_line=True),
            category=one.category,
            metric=one.metric,
            comparator=one.comparator,
            threshold=one.threshold,
            scope=one.scope,
            min_n=one.min_n,
            rule=one.rule,
            margin=one.margin if one.rule == Rule.NOT_WORSE else None,
            kpi=one.kpi,
        )
        for index, one in enumerate(criteria)
    )
    audit.record(
        actor=actor,
        action="criteria.written",
        kind="criteria",
        ref=f"{workload.ref}/{draft.version}",
        workload=workload.ref,
        detail={"count": len(criteria)},
    )
    return draft


def material(criteria: CriteriaSet) -> dict[str, Any]:
    """Return what a set's digest is over: every bar, the dataset and the baseline."""
    return {
        "criteria": [
            {
                "title": c.title,
                "category": c.category,
                "metric": c.metric,
                "comparator": c.comparator,
                "threshold": c.threshold,
                "scope": c.scope,
                "min_n": c.min_n,
                "rule": c.rule,
                "margin": c.margin,
                "kpi": c.kpi,
            }
            for c in criteria.criteria.all()
        ],
        "dataset": criteria.dataset,
        "baseline": criteria.baseline,
    }


@transaction.atomic
def lock_criteria(*, actor: User, criteria: CriteriaSet) -> CriteriaSet:
    """Lock the criteria, before anything is tested against them.

    What they are measured on and against is fixed with them. Raises Forbidden (role,
    own_criteria), Conflict (criteria_locked, superseded) or NotReady (empty, no baseline, or a
    criterion is about something that the baseline no longer measures).
    """
    workload = criteria.cycle.workload
    cycle = opened_cycle(workload)
    criteria = CriteriaSet.objects.select_for_update(no_key=True).get(pk=criteria.pk)
    criteria.cycle = cycle if criteria.cycle_id == cycle.pk else criteria.cycle
    refusal = lock_refusal(actor, criteria)
    if refusal is not None:
        raise Forbidden(refusal[1], code=refusal[0])
    if criteria.locked_at is not None:
        raise Conflict("These criteria are locked already.", code="criteria_locked")
    latest = criteria_of(cycle)
    if latest is None or latest.pk != criteria.pk:
        raise Conflict("There is a newer version of these criteria.", code="superseded")
    baseline = baseline_of(cycle)
    written = list(criteria.criteria.all())
    if baseline is None or not written:
        raise NotReady("There is nothing to lock yet.")
    wrong = problems([as_input(one) for one in written], baseline, cycle)
    if wrong:
        raise NotReady(
            f"These criteria no longer fit what is measured. {wrong[0].message}", errors=wrong
        )
    criteria.dataset, criteria.baseline = dict(baseline.dataset), dict(baseline.scorecard)
    criteria.locked_at, criteria.locked_by = now(), actor
    criteria.updated_by = actor
    criteria.digest = digest(material(criteria))
    criteria.save()
    audit.record(
        actor=actor,
        action="criteria.locked",
        kind="criteria",
        ref=f"{workload.ref}/{criteria.version}",
        workload=workload.ref,
        detail={"digest": criteria.digest},
    )
    return criteria


@transaction.atomic
def new_criteria_version(*, actor: User, workload: Workload, reason: str) -> CriteriaSet:
    """Open a new version of locked criteria; it voids every campaign tested against the old one.

    Raises Forbidden, Invalid (reason), NotReady or Conflict (not_locked, or a test is running).
    """
    cycle = opened_cycle(workload)
    policies.require(actor, workload, "edit")
    words = clean_text(reason, field="reason", minimum=20, maximum=400)
    before = criteria_of(cycle)
    if before is None or before.locked_at is None:
        raise Conflict("The criteria are not locked; change them as they are.", code="not_locked")
    if Campaign.objects.filter(cycle=cycle, state=CampaignState.TESTING).exists():
        raise Conflict("A campaign is testing; wait for it or cancel its run.", code="testing")
    fresh = CriteriaSet.objects.create(
        cycle=cycle,
        version=before.version + 1,
        author=actor,
        # Whoever wrote the bars that are taken over has written in this version too.
        writers=sorted({*before.writers, actor.pk}),
        reason=words,
        row_version=1,
        created_by=actor,
        updated_by=actor,
    )
    copies = list(before.criteria.all())
    for copy in copies:
        copy.pk, copy.criteria_set = None, fresh
    Criterion.objects.bulk_create(copies)
    audit.record(
        actor=actor,
        action="criteria.reopened",
        kind="criteria",
        ref=f"{workload.ref}/{fresh.version}",
        workload=workload.ref,
        detail={"reason": words[:200]},
    )
    _void_campaigns(actor=actor, cycle=cycle, reason=f"Criteria {fresh.version} opened: {words}")
    lifecycle.evidence_changed(
        actor=actor,
        cycle=cycle,
        change="criteria.changed_after_lock",
        detail=f"criteria {before.version} → {fresh.version}: {words}",
        origin="go_no_go",
    )
    return fresh


def _void_campaigns(*, actor: User, cycle: Cycle, reason: str) -> None:
    """Make every campaign of the cycle void: what it tested is no longer what is asked."""
    for campaign in Campaign.objects.filter(cycle=cycle).exclude(state=CampaignState.VOID):
        campaign.state, campaign.state_reason = CampaignState.VOID, reason[:400]
        campaign.updated_by = actor
        campaign.save(update_fields=("state", "state_reason", "updated_by", "updated_at"))
        audit.record(
            actor=actor,
            action="campaign.voided",
            kind="campaign",
            ref=f"{cycle.workload.ref}/{campaign.number}",
            workload=cycle.workload.ref,
            detail={"verdict": campaign.verdict},
        )
