"""Every change of the lifecycle: one function per use case, each in one transaction.

Locks are taken in one order everywhere: workload, cycle, review; the audit head comes last.
"""

from workloads.lifecycle.services.changes import evidence_changed
from workloads.lifecycle.services.gates import expire_reviews, submit_phase, withdraw_review
from workloads.lifecycle.services.locks import locked_cycle, locked_workload
from workloads.lifecycle.services.members import add_member, end_membership
from workloads.lifecycle.services.releases import end_live, start_live
from workloads.lifecycle.services.votes import cast_vote, lift_objection, open_review_page
from workloads.lifecycle.services.workloads import create_workload, rename_workload, set_risk

__all__ = [
    "add_member",
    "cast_vote",
    "create_workload",
    "end_live",
    "end_membership",
    "evidence_changed",
    "expire_reviews",
    "lift_objection",
    "locked_cycle",
    "locked_workload",
    "open_review_page",
    "rename_workload",
    "set_risk",
    "start_live",
    "submit_phase",
    "withdraw_review",
]
