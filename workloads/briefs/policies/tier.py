"""Who may have a say in a tier that differs from what the answers demand."""

from portal.accounts.selectors import AnyUser, remits_of
from workloads.briefs.enums import OverrideState
from workloads.briefs.models import Brief, TierOverride
from workloads.lifecycle.policies import Verdict, can_override_tier

RISK = "risk"


def can_raise(user: AnyUser, brief: Brief) -> Verdict:
    """Whether ``user`` may raise the tier: one reviewer who had no hand in the brief."""
    verdict = can_override_tier(user, brief.cycle.workload)
    if verdict and user.pk in brief.editors:
        return Verdict(False, "contributed", "You wrote in this brief; somebody else decides.")
    return verdict


def can_lower(user: AnyUser, brief: Brief) -> Verdict:
    """Whether ``user`` may propose a lower tier: a risk reviewer who had no hand in the brief."""
    verdict = can_raise(user, brief)
    if verdict and RISK not in remits_of(user):
        return Verdict(False, "role", "A risk reviewer proposes a lower tier.")
    return verdict


def can_second(user: AnyUser, override: TierOverride) -> Verdict:
    """Whether ``user`` may be the second person who a lower tier takes."""
    if override.state != OverrideState.PROPOSED:
        return Verdict(False, "closed", "This proposal is closed.")
    if user.pk == override.proposed_by_id:
        return Verdict(False, "same_person", "You proposed it; a second person confirms it.")
    return can_raise(user, override.brief)


def can_end(user: AnyUser, override: TierOverride) -> Verdict:
    """Whether ``user`` may end a decision, so that the answers set the tier again.

    Any reviewer for a lower tier or a proposal; a raised tier goes down with it, which takes a
    risk reviewer.
    """
    if override.state == OverrideState.ENDED:
        return Verdict(False, "closed", "This decision is ended already.")
    return can_lower(user, override.brief) if override.raises else can_raise(user, override.brief)
