"""Handing the tier of a brief on to its workload."""

from portal.accounts.models import User
from workloads.briefs.tiering import Assessment
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Workload


def hand_on(
    actor: User, workload: Workload, assessment: Assessment, *, by_review: bool = False
) -> None:
    """Note the tier on the workload. While answers are missing it may rise, not begin or fall."""
    tier, personal = assessment.tier, assessment.personal_data
    if not assessment.complete:
        if workload.tier is None:
            return
        tier, personal = max(tier, workload.tier), personal or workload.personal_data
    lifecycle.set_risk(
        actor=actor,
        workload=workload,
        tier=tier,
        personal_data=personal,
        prohibited=assessment.prohibited,
        by_review=by_review,
    )
