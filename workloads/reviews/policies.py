"""Who may write, lock and test."""

from portal.accounts.models import User
from portal.accounts.selectors import remits_of
from workloads.lifecycle import policies
from workloads.reviews.models import CriteriaSet


def lock_refusal(user: User, criteria: CriteriaSet) -> tuple[str, str] | None:
    """Return (rule, words) why ``user`` may not lock ``criteria``, or None when they may.

    From tier 2 up whoever wrote the criteria cannot lock them: two people set the bar.
    """
    workload = criteria.cycle.workload
    if not (policies.can_edit(user, workload) or remits_of(user)):
        return "role", "Only the team of the workload or a reviewer locks criteria."
    if (workload.tier or 1) >= 2 and criteria.author_id == user.pk:
        return "own_criteria", "You wrote these criteria; somebody else has to lock them."
    return None
