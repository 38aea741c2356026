"""What happened to a workload lately, in words, from the audit chain."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.audit.models import AuditEvent
from workloads.lifecycle.models import Workload
from workloads.lifecycle.phases import phases

_WORDS = {
    "workload.created": "created the workload",
    "workload.renamed": "renamed the workload",
    "workload.risk_set": "set the risk tier to {tier}",
    "member.added": "added {name} as {role}",
    "member.ended": "ended the role {role} of {name}",
    "brief.saved": "changed the brief",
    "brief.version_committed": "brief version {version} was kept",
    "brief.commented": "commented on the brief",
    "brief.discussion_resolved": "resolved a discussion of the brief",
    "brief.discussion_reopened": "reopened a discussion of the brief",
    "brief.suggested": "suggested another answer in the brief",
    "brief.suggestion_accepted": "accepted a suggestion in the brief",
    "brief.suggestion_declined": "declined a suggestion in the brief",
    "brief.suggestion_withdrawn": "took a suggestion for the brief back",
    "phase.submitted": "submitted {phase}",
    "phase.passed": "{phase} passed",
    "phase.reopened": "{phase} was reopened: {reason}",
    "phase.stale": "{phase} is to be reconfirmed: {reason}",
    "phase.returned": "{phase} was given back",
    "review.opened": "asked for a review of {phase}, round {round}",
    "review.approved": "the review of {phase} ended: approved",
    "review.changes_requested": "the review of {phase} ended: changes requested",
    "review.rejected": "the review of {phase} ended: rejected",
    "review.withdrawn": "withdrew the review of {phase}",
    "review.superseded": "the review of {phase} ended: its evidence changed",
    "review.expired": "the review of {phase} expired",
    "review.vote_cast": "voted on {phase}: {choice}",
    "review.vote_struck": "a vote on {phase} was struck: {reason}",
    "review.objection_lifted": "lifted an objection to {phase}",
    "release.made": "release {number} was made",
    "release.went_live": "put release {number} live",
    "release.ended": "took release {number} off: {reason}",
}


@dataclass(frozen=True, slots=True)
class Activity:
    """One line: who did what, when."""

    at: datetime
    who: str
    what: str


class _Values(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def activity_of(workload: Workload, *, limit: int = 12) -> list[Activity]:
    """Return the latest events of the workload, newest first."""
    labels = {one.key: one.label for one in phases()}
    found = AuditEvent.objects.filter(workload_ref=workload.ref).order_by("-seq")[:limit]
    lines = []
    for event in found:
        values = _Values(event.detail)
        if "phase" in values:
            values["phase"] = labels.get(values["phase"], values["phase"])
        words = _WORDS.get(event.action)
        what = (
            words.format_map(values)
            if words
            else f"{event.action.replace('.', ': ').replace('_', ' ')} ({event.subject_ref})"
        )
        lines.append(Activity(event.at, event.actor_label, what))
    return lines
