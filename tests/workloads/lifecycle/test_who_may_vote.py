"""Who may vote in a review, when the vote is cast and when it is counted."""

import pytest

from portal.accounts import services as accounts
from portal.accounts.models import OrganisationRole, User
from portal.audit.models import AuditEvent
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import in_review, outcome, refused
from workloads.lifecycle import services
from workloads.lifecycle.policies import can_vote
from workloads.lifecycle.selectors import current_cycle, open_review

pytestmark = pytest.mark.django_db


def test_the_owner_does_not_approve_their_own_work() -> None:
    owner = people.reviewer("risk")
    problem = refused(in_review(owner=owner), owner)

    assert (problem.status, problem.code) == (403, "self_approval")


def test_who_asked_for_the_review_does_not_approve_it() -> None:
    asker = people.reviewer("risk")
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    services.add_member(actor=made.owner, workload=made, user=asker, role="contributor")
    services.submit_phase(actor=asker, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None

    assert refused(review, asker).code == "self_approval"


def test_who_wrote_a_part_of_the_evidence_does_not_approve_it() -> None:
    writer = people.reviewer("risk")
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    fake_phases.put(cycle, "scoping", "brief 2", author=writer)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None

    problem = refused(review, writer)

    assert (problem.status, problem.code) == (403, "contributed")


@pytest.mark.parametrize("who", ["stranger", "auditor", "security reviewer", "former reviewer"])
def test_a_vote_needs_a_role_that_the_gate_asks_for(who: str) -> None:
    person = {
        "stranger": people.stranger,
        "auditor": people.auditor,
        "security reviewer": lambda: people.reviewer("security"),
        "former reviewer": lambda: people.reviewer("risk"),
    }[who]()
    review = in_review()
    if who == "former reviewer":
        people.revoke(person, "risk")

    problem = refused(review, person)

    assert (problem.status, problem.code) == (403, "role")


def test_a_platform_admin_never_votes_whatever_else_they_are() -> None:
    admin = people.reviewer("risk")
    accounts.grant_role(actor=None, user=admin, role=OrganisationRole.PLATFORM_ADMIN)
    review = in_review()

    assert review.roster == {}
    assert refused(review, admin).code == "role"


def test_a_superuser_never_votes() -> None:
    root = people.reviewer("risk")
    User.objects.filter(pk=root.pk).update(is_superuser=True)

    assert refused(in_review(), root).code == "role"


def test_a_service_account_never_votes() -> None:
    robot = people.reviewer("risk")
    review = in_review()
    User.objects.filter(pk=robot.pk).update(is_service_account=True)
    robot.refresh_from_db()

    assert refused(review, robot).code == "role"


def test_a_role_granted_after_the_request_does_not_count_for_it() -> None:
    late = people.person()
    review = in_review()
    people.grant(late, "risk")

    assert refused(review, late).code == "not_in_roster"


def test_a_role_that_was_ended_and_given_again_does_not_count() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    people.revoke(risk, "risk")
    people.grant(risk, "risk")

    assert refused(review, risk).code == "not_in_roster"


def test_a_remit_that_one_does_not_hold_cannot_be_voted_for() -> None:
    risk = people.reviewer("risk")

    assert refused(in_review(), risk, remit="business").code == "role"


def test_a_voter_who_lost_the_role_no_longer_counts_at_the_decision() -> None:
    business, risk = people.reviewer("business"), people.reviewer("risk")
    review = in_review(tier=3)
    early = lives.vote(review, business)
    people.revoke(business, "business")

    lives.vote(review, risk)

    early.refresh_from_db()
    assert outcome(review) == "open"
    assert early.struck_at is not None
    assert "none of them" in early.struck_reason
    struck = AuditEvent.objects.get(action="review.vote_struck")
    assert (struck.subject_ref, struck.detail["rule"]) == (str(early.pk), "role")


def test_a_voter_who_contributed_meanwhile_no_longer_counts() -> None:
    business, risk = people.reviewer("business"), people.reviewer("risk")
    review = in_review(tier=3)
    lives.vote(review, business)
    fake_phases.put(review.cycle, "scoping", "brief 1", author=business)

    lives.vote(review, risk)

    assert outcome(review) == "open"


def test_the_page_asks_the_same_rule_as_the_service() -> None:
    risk, other = people.reviewer("risk"), people.reviewer("security")
    review = in_review()

    assert can_vote(risk, review)
    assert can_vote(other, review).rule == "role"
    assert can_vote(review.cycle.workload.owner, review).rule == "self_approval"
    lives.vote(review, risk, choice="abstain", reason="")
    assert can_vote(risk, review).rule == "already_voted"
