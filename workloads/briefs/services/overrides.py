"""Setting the risk tier aside from what the answers say: one reviewer up, two people down."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid
from portal.common.text import clean_text
from workloads.briefs.enums import OverrideState
from workloads.briefs.models import Brief, TierOverride
from workloads.briefs.policies import (
    OF_THE_DECISION,
    can_end,
    can_lower,
    can_raise,
    can_second,
)
from workloads.briefs.selectors import (
    assessment_of,
    brief_of,
    proposed_override,
    standing_override,
)
from workloads.briefs.services.risk import hand_on
from workloads.briefs.services.submission import locked_brief
from workloads.briefs.tiering import Assessment, assess
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import CycleState
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.policies import Verdict
from workloads.lifecycle.selectors import current_cycle

REASON_MIN = 50
REASON_MAX = 2_000
TIERS = (1, 2, 3, 4)
REPLACED = "Another decision took its place."


@transaction.atomic
def raise_tier(*, actor: User, workload: Workload, tier: int, reason: str) -> TierOverride:
    """Let a higher tier count from now on; one reviewer is enough.

    It takes the place of a decision that stood, and ends a proposal to lower the tier, which was
    made without knowing of it. Raises Forbidden (role, self_approval,
    contributed, cycle_closed), Conflict (prohibited) or Invalid (tier, reason).
    """
    cycle, brief = _locked(workload)
    _require(can_raise(actor, brief))
    assessment = _assessed(brief)
    words = _reason(reason)
    if tier not in TIERS or tier <= assessment_of(brief).tier or tier <= assessment.computed:
        raise Invalid.field(
            "tier", "out_of_range", f"Choose a tier above {assessment_of(brief).tier}, up to 4."
        )
    standing = standing_override(brief)
    if standing is not None:
        _close(standing, actor, cycle, REPLACED)
    proposal = proposed_override(brief)
    if proposal is not None:
        _close(proposal, actor, cycle, "The tier was raised meanwhile.")
    made = _made(actor, brief, assessment, tier, words, OverrideState.STANDING)
    _record(actor, cycle, made, "raised")
    _tell(actor, cycle, "tier.raised", f"{actor} raised the risk tier to {tier}: {words}")
    return made


@transaction.atomic
def propose_lower_tier(*, actor: User, workload: Workload, tier: int, reason: str) -> TierOverride:
    """Propose a lower tier as a risk reviewer; nothing changes until a second person confirms.

    Lower than the one that counts now: so a raised tier is eased too, down to what the answers
    demand or below it. Raises Forbidden (role, self_approval, contributed, cycle_closed), Conflict
    (prohibited, not_ready while answers are missing, open_proposal) or Invalid (tier, reason).
    """
    cycle, brief = _locked(workload)
    _require(can_lower(actor, brief))
    assessment = _assessed(brief)
    words = _reason(reason)
    if assessment.missing:
        raise Conflict("Answers that set the tier are missing; they come first.", code="not_ready")
    if proposed_override(brief) is not None:
        raise Conflict("Another proposal waits; confirm or end it first.", code="open_proposal")
    least, present = assessment.least, assessment_of(brief).tier
    if tier not in TIERS or not least <= tier < present:
        raise Invalid.field("tier", "out_of_range", _lower_bound(least, present))
    made = _made(actor, brief, assessment, tier, words, OverrideState.PROPOSED)
    _record(actor, cycle, made, "proposed")
    return made


@transaction.atomic
def confirm_lower_tier(*, actor: User, override: TierOverride) -> TierOverride:
    """Let a proposed lower tier count, as the second person, on the answers it was proposed for.

    Raises Forbidden (same_person, role, self_approval, contributed) or Conflict (cycle_closed,
    closed, proposer_ineligible, answers_changed).
    """
    cycle, brief, override = _locked_override(override)
    _require(can_second(actor, override))
    if _assessed(brief).basis != override.basis:
        raise Conflict(
            "The answers changed since this was proposed; end it and propose it anew.",
            code="answers_changed",
        )
    standing = standing_override(brief)
    if standing is not None:
        _close(standing, actor, cycle, REPLACED)
    override.state = OverrideState.STANDING
    override.seconded_by, override.seconded_at = actor, now()
    override.updated_by = actor
    override.save()
    _record(actor, cycle, override, "confirmed")
    _tell(
        actor,
        cycle,
        "tier.lowered",
        f"{override.proposed_by} and {actor} lowered the risk tier to {override.tier}:"
        f" {override.reason}",
    )
    return override


@transaction.atomic
def end_override(*, actor: User, override: TierOverride, reason: str) -> TierOverride:
    """End a decision or take a proposal back; the answers alone set the tier again.

    A raised tier is not ended but eased by `propose_lower_tier`. Raises Forbidden (role,
    self_approval, contributed), Conflict (cycle_closed, closed, raised) or Invalid (reason).
    """
    cycle, _, override = _locked_override(override)
    _require(can_end(actor, override))
    stood = override.state == OverrideState.STANDING
    words = clean_text(reason, field="reason", minimum=20, maximum=REASON_MAX)
    _close(override, actor, cycle, words)
    if stood:
        _tell(actor, cycle, "tier.raised", f"{actor} ended the decision on the risk tier: {words}")
    return override


def _locked(workload: Workload) -> tuple[Cycle, Brief]:
    cycle = lifecycle.locked_cycle(current_cycle(workload).pk)
    return cycle, locked_brief(cycle)


def _locked_override(override: TierOverride) -> tuple[Cycle, Brief, TierOverride]:
    """Return the decision as it is now. Raises Conflict (cycle_closed): its own cycle is over."""
    cycle = lifecycle.locked_cycle(override.brief.cycle_id)
    if cycle.state != CycleState.OPEN:
        raise Conflict(
            "The cycle of this decision is closed; nothing about it changes any more.",
            code="cycle_closed",
        )
    brief = locked_brief(cycle)
    fresh = TierOverride.objects.select_related("proposed_by").get(pk=override.pk)
    fresh.brief = brief
    return cycle, brief, fresh


def _require(verdict: Verdict) -> None:
    if not verdict:
        refusal = Conflict if verdict.rule in OF_THE_DECISION else Forbidden
        raise refusal(verdict.message, code=verdict.rule)


def _assessed(brief: Brief) -> Assessment:
    """Return what the answers say by themselves. Raises Conflict (prohibited)."""
    assessment = assess(brief)
    if assessment.prohibited:
        raise Conflict(
            "A prohibited use stops here; no tier and no reviewer changes that.", code="prohibited"
        )
    return assessment


def _reason(reason: str) -> str:
    return clean_text(reason, field="reason", minimum=REASON_MIN, maximum=REASON_MAX)


def _lower_bound(least: int, present: int) -> str:
    if least >= present:
        return f"The law's own class asks for tier {least}; that is not the company's to lower."
    return f"Choose a tier from {least} to {present - 1}."


def _made(
    actor: User, brief: Brief, assessment: Assessment, tier: int, reason: str, state: OverrideState
) -> TierOverride:
    return TierOverride.objects.create(
        brief=brief,
        tier=tier,
        computed=assessment.computed,
        basis=assessment.basis,
        reason=reason,
        proposed_by=actor,
        state=state,
        created_by=actor,
        updated_by=actor,
    )


def _close(override: TierOverride, actor: User, cycle: Cycle, words: str) -> None:
    override.state = OverrideState.ENDED
    override.ended_by, override.ended_at, override.end_reason = actor, now(), words
    override.updated_by = actor
    override.save()
    _record(actor, cycle, override, "ended")


def _record(actor: User, cycle: Cycle, override: TierOverride, what: str) -> None:
    audit.record(
        actor=actor,
        action=f"brief.tier_{what}",
        kind="tier",
        ref=str(override.pk),
        workload=cycle.workload.ref,
        detail={
            "tier": override.tier,
            "computed": override.computed,
            "proposed_by": str(override.proposed_by_id),
            "reason": override.end_reason or override.reason,
        },
    )


def _tell(actor: User, cycle: Cycle, change: str, detail: str) -> None:
    # The lifecycle hears the reason first: what the risen tier alone would say is shorter.
    lifecycle.evidence_changed(
        actor=actor, cycle=cycle, change=change, detail=detail[:400], origin="scoping"
    )
    hand_on(actor, cycle.workload, assessment_of(brief_of(cycle)), by_review=True)
