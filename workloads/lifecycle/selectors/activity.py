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
    "dataset.created": "created the dataset {subject}",
    "dataset.edited": "changed the settings of {subject}",
    "dataset.example_added": "added example {key} to {subject}",
    "dataset.example_edited": "changed example {key} of {subject}",
    "dataset.examples_changed": "changed {examples} of {subject}",
    "dataset.examples_removed": "took {examples} out of {subject}",
    "dataset.example_proposed": "proposed an example for {subject}",
    "dataset.proposal_accepted": "accepted a proposal as example {key} of {subject}",
    "dataset.proposal_rejected": "turned down a proposal for {subject}",
    "dataset.imported": "imported {examples} into {subject}",
    "dataset.committed": "kept version {version} of {subject}: {examples}",
    "dataset.restored": "put version {version} of {subject} back into its draft",
    "dataset.removal_agreed": "agreed that {examples} may leave {subject}",
    "dataset.held_out_read": "read {examples} held out of {subject}",
    "judge.version_made": "made version {version} of the judge {subject}",
    "judge.label_settled": "settled a label for the judge {subject}",
    "judge.calibration_started": "asked the judge {subject}, version {version}, to be calibrated",
    "judge.calibrated": "compared the judge {subject}, version {version}, with people: {standing}",
    "metric.declared": "declared the metric {subject}, version {version}",
    "metric.retired": "retired the metric {subject}",
    "prompt.draft_saved": "changed the draft of the prompt",
    "prompt.imported": "took the draft of the prompt from a file",
    "prompt.production_moved": "moved the prompt's production to version {to}",
    "campaign.started": "started go/no-go campaign {subject}",
    "campaign.concluded": "go/no-go campaign {subject} ended",
    "run.started": "started run {number}",
    "run.running": "run {number} began",
    "run.cancel_asked": "cancelled run {number}",
    "run.pause_asked": "paused run {number}",
    "run.resumed": "resumed run {number}",
    "run.budget_raised": "raised the cap of run {number}",
    "run.complete": "run {number} is complete",
    "run.partial": "run {number} ended without all its results",
    "run.failed": "run {number} failed",
    "run.cancelled": "run {number} was cancelled",
    "run.paused": "run {number} was paused",
    "run.budget_stopped": "run {number} stopped at its budget",
    "scorecard.published": "published scorecard {subject}",
    "winner.chosen": "chose the model {alias} by scorecard {scorecard}",
    "study.opened": "opened preference study {number}: {pairs}",
    "study.raters_asked": "asked more people to rate in preference study {number}",
    "study.rated": "rated {pairs} of preference study {number}",
    "study.closed": "closed preference study {number}",
    "release.made": "release {number} was made",
    "release.went_live": "put release {number} live",
    "release.ended": "took release {number} off: {reason}",
}

# Details that are numbers of things.
_COUNTED = {"examples": "example", "pairs": "pair"}


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
        values = _Values(event.detail, subject=event.subject_ref.rpartition("/")[2])
        for key, noun in _COUNTED.items():
            if isinstance(count := values.get(key), int):
                values[key] = f"{count} {noun}{'' if count == 1 else 's'}"
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
