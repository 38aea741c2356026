"""Who may write, lock and test."""

from portal.accounts.models import User
from portal.accounts.selectors import remits_of
from workloads.lifecycle import policies
from workloads.lifecycle.roles import role_in
from workloads.reviews.models import CriteriaSet


def lock_refusal(user: User, criteria: CriteriaSet) -> tuple[str, str] | None:
    """Return (rule, words) why ``user`` may not lock ``criteria``, or None when they may.

    From tier 2 up whoever wrote the criteria cannot lock them: two people set the bar.
    """
    workload = criteria.cycle.workload
    if not (role_in(user, workload) & policies.EDITORS or remits_of(user)):
        return "role", "Only the team of the workload or a reviewer locks criteria."
    # Before the brief says enough for a tier, what the strictest asks for holds.
    if workload.tier != 1 and user.pk in {criteria.author_id, *criteria.writers}:
        return "own_criteria", "You wrote in these criteria; somebody else has to lock them."
    return None
