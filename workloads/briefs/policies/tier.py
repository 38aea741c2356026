"""Who may have a say in a tier that differs from what the answers demand."""

from portal.accounts.selectors import AnyUser, remits_of
from workloads.briefs.authors import contributor_ids
from workloads.briefs.enums import OverrideState
from workloads.briefs.models import Brief, TierOverride
from workloads.lifecycle.policies import Verdict, can_override_tier

RISK = "risk"
# Rules about the decision and not about who asks: right person, wrong moment.
OF_THE_DECISION = frozenset({"closed", "proposer_ineligible", "raised"})


def can_raise(user: AnyUser, brief: Brief) -> Verdict:
    """Whether ``user`` may raise the tier: one reviewer who had no hand in the brief.

    A hand in it has who counts as an author: whoever edited it and, from the policy's tier up,
    whose suggestion was accepted.
    """
    verdict = can_override_tier(user, brief.cycle.workload)
    if verdict and user.pk in contributor_ids(brief):
        return Verdict(False, "contributed", "You had a hand in this brief; somebody else decides.")
    return verdict


def can_lower(user: AnyUser, brief: Brief) -> Verdict:
    """Whether ``user`` may propose a lower tier: a risk reviewer who had no hand in the brief."""
    verdict = can_raise(user, brief)
    if verdict and RISK not in remits_of(user):
        return Verdict(False, "role", "A risk reviewer proposes a lower tier.")
    return verdict


def can_second(user: AnyUser, override: TierOverride) -> Verdict:
    """Whether ``user`` may be the second person who a lower tier takes.

    Who proposed it must still be somebody who could: otherwise it would be one person's decision.
    """
    if override.state != OverrideState.PROPOSED:
        return Verdict(False, "closed", "This proposal is closed.")
    if user.pk == override.proposed_by_id:
        return Verdict(False, "same_person", "You proposed it; a second person confirms it.")
    verdict = can_raise(user, override.brief)
    if verdict and not can_lower(override.proposed_by, override.brief):
        return Verdict(
            False,
            "proposer_ineligible",
            "Who proposed this may not do so any more; end it, and a risk reviewer proposes anew.",
        )
    return verdict


def can_end(user: AnyUser, override: TierOverride) -> Verdict:
    """Whether ``user`` may end a decision, so that the answers set the tier again.

    Any reviewer for a lower tier or a proposal. A raised tier would go down with it, which takes
    two people: it is eased by proposing a lower tier.
    """
    if override.state == OverrideState.ENDED:
        return Verdict(False, "closed", "This decision is ended already.")
    verdict = can_raise(user, override.brief)
    if verdict and override.raises and override.state == OverrideState.STANDING:
        return Verdict(
            False,
            "raised",
            "It takes two people to lower a tier that was raised: a risk reviewer proposes a lower"
            " tier, another reviewer confirms it.",
        )
    return verdict
