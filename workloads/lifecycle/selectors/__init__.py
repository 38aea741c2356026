"""Reading the lifecycle: rows reach request code through ``*_for(user, ...)`` alone."""

from workloads.lifecycle.look import scope
from workloads.lifecycle.manifests import manifest_digest
from workloads.lifecycle.selectors.activity import Activity, activity_of
from workloads.lifecycle.selectors.gates import (
    approval_problem,
    changes_since_approval,
    gate_checks,
    holds,
    manifest,
    missing,
    open_review,
    release_manifest,
    release_problem,
    review_for,
    reviews_of,
    vote_for,
)
from workloads.lifecycle.selectors.standing import RailItem, standing
from workloads.lifecycle.selectors.waiting import (
    OpenPhase,
    PhaseCount,
    matters_waiting_for,
    open_phases_of,
    reviews_waiting_for,
    workloads_by_phase,
)
from workloads.lifecycle.selectors.workloads import (
    current_cycle,
    current_phase_of,
    filtered,
    live_release,
    members_of,
    membership_for,
    open_cycle,
    phase_record,
    phase_records,
    with_current_phase,
    workload_for,
    workloads_for,
)
from workloads.lifecycle.voters import contributors

__all__ = [
    "Activity",
    "OpenPhase",
    "PhaseCount",
    "RailItem",
    "activity_of",
    "approval_problem",
    "changes_since_approval",
    "contributors",
    "current_cycle",
    "current_phase_of",
    "filtered",
    "gate_checks",
    "holds",
    "live_release",
    "manifest",
    "manifest_digest",
    "matters_waiting_for",
    "members_of",
    "membership_for",
    "missing",
    "open_cycle",
    "open_phases_of",
    "open_review",
    "phase_record",
    "phase_records",
    "release_manifest",
    "release_problem",
    "review_for",
    "reviews_of",
    "reviews_waiting_for",
    "scope",
    "standing",
    "vote_for",
    "with_current_phase",
    "workload_for",
    "workloads_by_phase",
    "workloads_for",
]
