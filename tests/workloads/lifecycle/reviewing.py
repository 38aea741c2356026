"""A review of the scoping phase that is open, and what comes of a vote in it."""

from typing import Any

import pytest

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import DomainError
from tests.factories import lives
from tests.workloads.lifecycle import fake_phases
from workloads.lifecycle import services
from workloads.lifecycle.models import Review, ReviewReading, Vote
from workloads.lifecycle.selectors import current_cycle, open_review

LONG = "The evidence does not show what the brief promises to its users."


def in_review(tier: int = 2, owner: User | None = None) -> Review:
    """Return the open scoping review of a new workload; make the reviewers first."""
    made = lives.draft(owner)
    cycle = current_cycle(made)
    fake_phases.put(cycle, "scoping", "brief 1", author=made.owner)
    services.set_risk(
        actor=made.owner, workload=made, tier=tier, personal_data=False, prohibited=False
    )
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None
    return review


def refused(review: Review, voter: User, **more: Any) -> DomainError:
    before = (Vote.objects.count(), AuditEvent.objects.count(), ReviewReading.objects.count())
    with pytest.raises(DomainError) as problem:
        lives.vote(review, voter, **more)
    after = (Vote.objects.count(), AuditEvent.objects.count(), ReviewReading.objects.count())
    assert after == before
    return problem.value


def outcome(review: Review) -> str:
    review.refresh_from_db()
    return review.outcome
