"""Writing criteria and locking them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.clock import now
from portal.common.errors import Conflict, FieldError, Forbidden, Invalid, NotReady
from portal.common.text import clean_text
from workloads.lifecycle import policies
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle, Workload
from workloads.reviews.enums import CampaignState, Category, Comparator, Rule
from workloads.reviews.evidence import Baseline, baseline_of
from workloads.reviews.models import Campaign, CriteriaSet, Criterion
from workloads.reviews.policies import lock_refusal
from workloads.reviews.selectors import criteria_of
from workloads.reviews.services.shared import opened_cycle


@dataclass(frozen=True, slots=True)
class CriterionInput:
    """One criterion as somebody writes it."""

    title: str
    metric: str
    comparator: str
    threshold: Decimal
    rule: str
    min_n: int = 1
    margin: Decimal | None = None
    scope: str = "overall"
    category: str = Category.EVALUATION
    kpi: str = ""


@transaction.atomic
def write_criteria(
    *, actor: User, workload: Workload, criteria: Sequence[CriterionInput]
) -> CriteriaSet:
    """Keep ``criteria`` as the draft of the present version; whoever writes last is its author.

    Raises Forbidden, NotReady (no baseline), Invalid (each criterion by number) or Conflict
    (criteria_locked).
    """
    policies.require(actor, workload, "edit")
    cycle = opened_cycle(workload)
    baseline = baseline_of(cycle)
    if baseline is None:
        raise NotReady(
            "Choose the winner of the evaluation first; criteria are about its measures."
        )
    draft = criteria_of(cycle)
    if draft is not None and draft.locked_at is not None:
        raise Conflict(
            f"Criteria {draft.version} are locked at {draft.locked_at:%d %b %Y %H:%M} UTC."
            " A new version voids what was tested.",
            code="criteria_locked",
        )
    errors = [
        FieldError(f"criteria[{index}].{name}", code, f"Criterion {index + 1}: {message}")
        for index, one in enumerate(criteria)
        for name, code, message in _problems(one, baseline)
    ]
    if not criteria:
        errors.append(FieldError("criteria", "blank", "Write at least one criterion."))
    if errors:
        raise Invalid("The criteria cannot be kept yet.", errors=errors)
    if draft is None:
        draft = CriteriaSet(cycle=cycle, version=1, author=actor, created_by=actor)
    draft.author = actor
    draft.updated_by = actor
    draft.save()
    draft.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(
            criteria_set=draft,
            position=index,
            title=one.title.strip(),
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


def _problems(one: CriterionInput, baseline: Baseline) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    try:
        clean_text(one.title, field="title", minimum=3, maximum=160, single_line=True)
    except Invalid as problem:
        found.append(("title", problem.errors[0].code, problem.message))
    measure = baseline.measure(one.metric)
    if one.category == Category.EVALUATION and measure is None:
        found.append(
            ("metric", "choice", f"The baseline has no measure called {one.metric[:60]!r}.")
        )
    elif measure is not None and one.scope not in measure.scopes:
        found.append(("scope", "choice", f"Choose one of {', '.join(measure.scopes)}."))
    if one.category not in Category.values:
        found.append(("category", "choice", "Choose one of the categories listed."))
    if one.comparator not in Comparator.values:
        found.append(("comparator", "choice", "Choose at least or at most."))
    if one.rule not in Rule.values:
        found.append(("rule", "choice", "Choose one of the rules listed."))
    if not abs(one.threshold) < Decimal(10) ** 12:
        found.append(("threshold", "out_of_range", "Enter a number."))
    if one.rule == Rule.NOT_WORSE and not (one.margin and 0 < one.margin <= 1):
        found.append(("margin", "required", "Enter the margin, for example 0.05 for 5 points."))
    if one.rule == Rule.NOT_WORSE and measure is not None and measure.scale == "quantity":
        found.append(("rule", "choice", "This rule is for scores; use a bar for time and money."))
    if not 1 <= one.min_n <= 1_000_000:
        found.append(("min_n", "out_of_range", "Enter at least 1."))
    return found


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

    Raises Forbidden (role, own_criteria), Conflict (criteria_locked) or NotReady (empty, no
    baseline).
    """
    workload = criteria.cycle.workload
    opened_cycle(workload)
    criteria = CriteriaSet.objects.select_for_update(no_key=True).get(pk=criteria.pk)
    if criteria.locked_at is not None:
        raise Conflict("These criteria are locked already.", code="criteria_locked")
    refusal = lock_refusal(actor, criteria)
    if refusal is not None:
        raise Forbidden(refusal[1], code=refusal[0])
    baseline = baseline_of(criteria.cycle)
    if baseline is None or not criteria.criteria.exists():
        raise NotReady("There is nothing to lock yet.")
    criteria.dataset, criteria.baseline = dict(baseline.dataset), dict(baseline.scorecard)
    criteria.locked_at, criteria.locked_by = now(), actor
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

    Raises Forbidden, Invalid (reason), NotReady or Conflict (not locked, or a test is running).
    """
    policies.require(actor, workload, "edit")
    cycle = opened_cycle(workload)
    words = clean_text(reason, field="reason", minimum=20, maximum=400)
    before = criteria_of(cycle)
    if before is None or before.locked_at is None:
        raise Conflict("The criteria are not locked; change them as they are.", code="not_locked")
    if Campaign.objects.filter(cycle=cycle, state=CampaignState.TESTING).exists():
        raise Conflict("A campaign is testing; wait for it or cancel its run.", code="testing")
    fresh = CriteriaSet.objects.create(
        cycle=cycle, version=before.version + 1, author=actor, reason=words, created_by=actor
    )
    copies = list(before.criteria.all())
    for copy in copies:
        copy.pk, copy.criteria_set = None, fresh
    Criterion.objects.bulk_create(copies)
    _void_campaigns(cycle=cycle, reason=f"criteria {fresh.version} opened: {words}")
    audit.record(
        actor=actor,
        action="criteria.reopened",
        kind="criteria",
        ref=f"{workload.ref}/{fresh.version}",
        workload=workload.ref,
        detail={"reason": words},
    )
    lifecycle.evidence_changed(
        actor=actor,
        cycle=cycle,
        change="criteria.changed_after_lock",
        detail=f"criteria {before.version} → {fresh.version}: {words}",
        origin="go_no_go",
    )
    return fresh


def _void_campaigns(*, cycle: Cycle, reason: str) -> None:
    """Make every campaign of the cycle void: what it tested is no longer what is asked."""
    Campaign.objects.filter(cycle=cycle).exclude(state=CampaignState.VOID).update(
        state=CampaignState.VOID, state_reason=reason[:400]
    )
