"""Workloads at a point of their life, walked there through the portal's own services.

A slice's factory says how its phase is made ready: ``lives.makes_ready("prompting")(function)``.
"""

import itertools
from collections.abc import Callable, Iterable

from django.utils import timezone

from portal.accounts.models import User
from tests.factories import people, replay
from workloads.lifecycle import services
from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.models import Cycle, Review, Vote, Workload
from workloads.lifecycle.phases import phases
from workloads.lifecycle.policies import voting_remits
from workloads.lifecycle.selectors import current_cycle, open_review, phase_record
from workloads.lifecycle.voters import votes_needed

Ready = Callable[[Cycle, User], None]
READY: dict[str, Ready] = {}
_numbers = itertools.count(1)


def makes_ready(phase_key: str) -> Callable[[Ready], Ready]:
    """Register how the evidence of a phase is made, so that all its checks pass."""

    def keep(function: Ready) -> Ready:
        READY[phase_key] = function
        return function

    return keep


def draft(owner: User | None = None, name: str = "") -> Workload:
    """Return a workload that was just made."""
    return services.create_workload(
        actor=owner or people.person("Owner"), name=name or f"Workload {next(_numbers)}"
    )


@replay.once
def workload(
    at: str, *, owner: User | None = None, ready: Callable[[Cycle, str, User], None] | None = None
) -> Workload:
    """Return a workload whose phases before ``at`` are passed.

    ``ready`` makes one phase ready; without it what the slices' factories registered does.
    """
    made = draft(owner)
    for phase in phases():
        if phase.key == at:
            break
        pass_phase(current_cycle(made), phase.key, ready=ready)
    made.refresh_from_db()
    return made


def pass_phase(
    cycle: Cycle, phase_key: str, *, ready: Callable[[Cycle, str, User], None] | None = None
) -> None:
    """Make the phase ready, submit it, and give it the votes that it needs."""
    owner = cycle.workload.owner
    if ready is not None:
        ready(cycle, phase_key, owner)
    else:
        READY[phase_key](cycle, owner)
    cycle.workload.refresh_from_db()
    voters = reviewers_for(cycle.workload, phase_key)
    services.submit_phase(actor=owner, cycle=cycle, phase_key=phase_key)
    review = open_review(cycle, phase_key)
    if review is not None:
        approve(review, voters)
    state = phase_record(cycle, phase_key).state
    assert state == PhaseState.PASSED, f"{phase_key} is {state}"


def reviewers_for(workload: Workload, phase_key: str) -> list[User]:
    """Return new reviewers, one for each vote that the gate needs; make them before submitting."""
    return [people.reviewer(sorted(one)[0]) for one in votes_needed(workload, phase_key)]


def vote(
    review: Review, voter: User, choice: str = "approve", *, reason: str = "", remit: str = ""
) -> Vote:
    """Open the page of the review as ``voter`` and vote."""
    reading = services.open_review_page(actor=voter, review=review)
    offered = voting_remits(voter, review)
    return services.cast_vote(
        actor=voter,
        review=review,
        remit=remit or (offered[0] if offered else "business"),
        choice=choice,
        reason=reason or ("because of what the evidence shows " * 3 if choice != "approve" else ""),
        manifest_digest=reading.manifest_digest,
        nonce=reading.nonce,
        signed_in_at=timezone.now(),
    )


def approve(review: Review, voters: Iterable[User]) -> None:
    """Let each of ``voters`` approve."""
    for voter in voters:
        vote(review, voter)
