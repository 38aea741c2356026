"""What a gate would pass, whether a passed one still holds, and what is missing."""

from django.http import Http404
from django.urls import reverse

from portal.accounts.selectors import AnyUser
from workloads.lifecycle.checks import checks_of, failing
from workloads.lifecycle.enums import CheckState, PhaseState, ReviewOutcome
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import (
    Difference,
    difference,
    manifest_digest,
    restored,
    without_policy,
)
from workloads.lifecycle.models import Cycle, PhaseRecord, Release, Review, Vote, Workload
from workloads.lifecycle.phases import Check, EvidenceItem, Phase, phases, up_to
from workloads.lifecycle.selectors.workloads import workload_for
from workloads.lifecycle.voters import tally, votes_needed

EDITORS = "The owner or a contributor"
EVIDENCE_DIFFERS = "its evidence is not what was passed"


def manifest(cycle: Cycle, phase_key: str) -> list[EvidenceItem]:
    """Return what the gate of the phase would pass now: its records, and the policy; sorted."""
    return Look(cycle).manifest(phase_key)


def release_manifest(cycle: Cycle, phase_key: str) -> list[EvidenceItem]:
    """Return the records of every phase up to ``phase_key``: what a release pins."""
    return Look(cycle).items(up_to(phase_key))


def approval_problem(record: PhaseRecord, look: Look | None = None) -> str:
    """Return why the phase does not count as passed now; empty when its approval holds.

    A comparison, not a flag: same bytes, and the votes that the present tier asks for, given by
    people who still count.
    """
    if record.state != PhaseState.PASSED:
        return f"it is {PhaseState(record.state).label.lower()}"
    look = look or Look(record.cycle)
    if record.manifest_digest != manifest_digest(look.manifest(record.phase)):
        return EVIDENCE_DIFFERS
    needed = votes_needed(record.cycle.workload, record.phase)
    if record.review is None:
        return f"it lacks {_votes(len(needed))}" if needed else ""
    record.review.cycle = record.cycle
    lacking = [
        slot
        for slot in tally(record.review, requirements=needed, look=look).slots
        if slot.vote is None
    ]
    return f"it lacks {_votes(len(lacking))} of people who count now" if lacking else ""


def _votes(count: int) -> str:
    return f"{count} vote{'' if count == 1 else 's'}"


def holds(record: PhaseRecord) -> bool:
    """Whether the phase is passed and its approval holds now."""
    return not approval_problem(record)


def release_problem(release: Release) -> str:
    """Return why the release may not go live now; empty when it is what was approved.

    Its records are compared without the policy: the policy of the day of the decision applies,
    but the votes are counted again over the people who count now.
    """
    decided = [one for one in phases() if one.makes_release][-1]
    present = without_policy(release_manifest(release.cycle, decided.key))
    if without_policy(restored(release.manifest)) != present:
        return "its records are not what was approved"
    if release.review is None:
        return ""
    release.review.cycle = release.cycle
    lacking = [slot for slot in tally(release.review).slots if slot.vote is None]
    return f"it lacks {_votes(len(lacking))} of people who count now" if lacking else ""


def gate_checks(cycle: Cycle, phase_key: str, look: Look | None = None) -> list[Check]:
    """Return everything that the gate asks for now: the lifecycle's own checks, then the phase's.

    The lifecycle asks that a tier is known, that the use is not prohibited, and that the phases
    before are passed and hold. It shows the first two only when they fail.
    """
    workload = cycle.workload
    first = phases()[0]
    own: list[Check] = []
    if workload.prohibited:
        own.append(
            Check(
                "not_prohibited",
                "The use is allowed",
                CheckState.FAIL,
                "The brief describes a use that the law prohibits; no gate can pass.",
                link=_page(workload, first),
                who=EDITORS,
            )
        )
    if workload.tier is None:
        own.append(
            Check(
                "tier_known",
                "The risk tier is known",
                CheckState.FAIL,
                "The brief does not say enough for a risk tier yet.",
                link=_page(workload, first),
                who=EDITORS,
            )
        )
    own.extend(_earlier(look or Look(cycle), phase_key))
    return [*own, *checks_of(cycle, phase_key)]


def _earlier(look: Look, phase_key: str) -> list[Check]:
    before = [one for one in up_to(phase_key)[:-1] if one.has_gate]
    if not before:
        return []
    problems = [
        (one, problem)
        for one in before
        if (problem := approval_problem(look.records[one.key], look))
    ]
    label = "The phases before are passed"
    if not problems:
        return [Check("earlier_phases", label, CheckState.PASS)]
    words = "; ".join(f"{one.label}: {problem}" for one, problem in problems)
    return [
        Check(
            "earlier_phases",
            label,
            CheckState.FAIL,
            f"{words}.",
            link=_page(look.cycle.workload, problems[0][0]),
            link_label=f"Go to {problems[0][0].label}",
            who=EDITORS,
        )
    ]


def _page(workload: Workload, one: Phase) -> str:
    return reverse(one.url_name, kwargs={"ref": workload.ref})


def missing(checks: list[Check]) -> list[Check]:
    """Return the checks that keep the gate shut."""
    return failing(checks)


def open_review(cycle: Cycle, phase_key: str) -> Review | None:
    """Return the open review of the phase, if there is one."""
    found = (
        Review.objects.filter(cycle=cycle, phase=phase_key, outcome=ReviewOutcome.OPEN)
        .select_related("requested_by")
        .first()
    )
    if found is not None:
        found.cycle = cycle
    return found


def reviews_of(cycle: Cycle, phase_key: str) -> list[Review]:
    """Return every round of the gate in this cycle, newest first, with its votes and voters."""
    return list(
        Review.objects.filter(cycle=cycle, phase=phase_key)
        .select_related("requested_by")
        .prefetch_related("votes__voter")
        .order_by("-round")
    )


def review_for(user: AnyUser, ref: str, phase_key: str) -> Review:
    """Return the open review of a gate that ``user`` may see.

    Raises Http404 when the workload is not visible, the phase unknown, or nothing is open.
    """
    workload = workload_for(user, ref)
    review = (
        Review.objects.filter(cycle__workload=workload, phase=phase_key, outcome=ReviewOutcome.OPEN)
        .select_related("cycle", "requested_by")
        .first()
    )
    if review is None:
        raise Http404
    review.cycle.workload = workload
    return review


def changes_since_approval(
    record: PhaseRecord, present: list[EvidenceItem]
) -> list[Difference] | None:
    """Return what differs between what was last passed and ``present``; None before the first."""
    if not record.manifest_digest:
        return None
    return difference(restored(record.manifest), present)


def vote_for(user: AnyUser, ref: str, phase_key: str, vote_id: int) -> Vote:
    """Return a vote on a gate of a workload that ``user`` may see. Raises Http404."""
    workload = workload_for(user, ref)
    found = (
        Vote.objects.filter(pk=vote_id, review__cycle__workload=workload, review__phase=phase_key)
        .select_related("review__cycle__workload")
        .first()
    )
    if found is None:
        raise Http404
    return found
