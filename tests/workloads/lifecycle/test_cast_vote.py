"""What a vote in a review needs, and what it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden, NotReady
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import LONG, in_review, outcome, refused
from workloads.lifecycle import services
from workloads.lifecycle.models import Cycle, Review, ReviewReading, Vote, Workload
from workloads.lifecycle.selectors import current_cycle, open_review, phase_record

pytestmark = pytest.mark.django_db


def test_the_last_vote_needed_passes_the_phase() -> None:
    business, risk = people.reviewer("business"), people.reviewer("risk")
    review = in_review(tier=3)

    lives.vote(review, business)
    assert outcome(review) == "open"
    lives.vote(review, risk)

    record = phase_record(review.cycle, "scoping")
    assert (outcome(review), record.state) == ("approved", "passed")
    assert record.manifest_digest == review.manifest_digest
    assert Workload.objects.get(pk=review.cycle.workload_id).status == "active"


def test_two_people_of_one_remit_do_not_stand_for_two() -> None:
    first, second = people.reviewer("risk"), people.reviewer("risk")
    review = in_review(tier=3)

    lives.approve(review, [first, second])

    assert outcome(review) == "open"


def test_one_person_with_two_remits_gives_one_vote() -> None:
    both, risk = people.reviewer("business", "risk"), people.reviewer("risk")
    review = in_review(tier=3)

    lives.vote(review, both, remit="business")
    again = refused(review, both, remit="risk")
    assert (again.code, again.status) == ("already_voted", 409)
    assert outcome(review) == "open"
    lives.vote(review, risk)
    assert outcome(review) == "approved"


def test_evidence_that_changed_since_the_request_cannot_be_approved() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    fake_phases.put(review.cycle, "scoping", "brief 2", author=None)

    problem = refused(review, risk)

    assert (problem.status, problem.code) == (409, "manifest_changed")
    assert problem.link.endswith("/gates/scoping/#changes")


def test_a_vote_on_what_was_read_before_a_change_is_refused() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    reading = services.open_review_page(actor=risk, review=review)
    fake_phases.put(review.cycle, "scoping", "brief 2", author=None)

    with pytest.raises(Conflict) as problem:
        services.cast_vote(
            actor=risk, review=review, remit="risk", choice="approve", reason="",
            manifest_digest=reading.manifest_digest, nonce=reading.nonce, signed_in_at=None,
        )  # fmt: skip

    assert problem.value.code == "manifest_changed"


def test_a_form_of_somebody_else_or_of_nobody_is_refused() -> None:
    risk, other = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    theirs = services.open_review_page(actor=other, review=review)

    for nonce in (theirs.nonce, "", "made up", theirs.nonce[:-2]):
        with pytest.raises(Conflict) as problem:
            services.cast_vote(
                actor=risk, review=review, remit="risk", choice="approve", reason="",
                manifest_digest=theirs.manifest_digest, nonce=nonce, signed_in_at=None,
            )  # fmt: skip
        assert problem.value.code == "nonce"


def test_a_used_form_is_used_up_even_after_its_objection_was_lifted() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    reading = services.open_review_page(actor=risk, review=review)

    def say(choice: str) -> Vote:
        return services.cast_vote(
            actor=risk, review=review, remit="risk", choice=choice, reason=LONG,
            manifest_digest=reading.manifest_digest, nonce=reading.nonce, signed_in_at=None,
        )  # fmt: skip

    vote = say("object")
    services.lift_objection(actor=risk, vote=vote)
    with pytest.raises(Conflict) as problem:
        say("approve")

    assert problem.value.code == "nonce"
    lives.vote(review, risk)
    assert outcome(review) == "approved"


def test_opening_the_page_writes_nothing() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    before = AuditEvent.objects.count()

    services.open_review_page(actor=risk, review=review)

    assert (ReviewReading.objects.count(), AuditEvent.objects.count()) == (0, before)


def test_nobody_votes_in_a_closed_review() -> None:
    risk, late = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    lives.vote(review, risk)

    problem = refused(review, late)

    assert (problem.status, problem.code) == (409, "closed")


def go_no_go_of_tier_4() -> tuple[Cycle, Review, User]:
    made = lives.workload("go_no_go", ready=fake_phases.ready)
    cycle = current_cycle(made)
    remits = ("business", "risk", "security", "privacy")
    voters = [people.reviewer(remit) for remit in remits]
    services.set_risk(
        actor=made.owner, workload=made, tier=4, personal_data=False, prohibited=False
    )
    for key in ("scoping", "selection", "prompting", "evaluation", "tuning", "build"):
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key=key)
        review = open_review(cycle, key)
        assert review is not None
        needed = {remit for one in review.requirements for remit in one}
        lives.approve(review, [v for r, v in zip(remits, voters, strict=True) if r in needed])
    fake_phases.put(cycle, "go_no_go", "GO", author=made.owner)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="go_no_go")
    review = open_review(cycle, "go_no_go")
    assert review is not None
    return cycle, review, voters[1]


@pytest.mark.parametrize("minutes", [None, 11])
def test_tier_4_asks_for_a_fresh_sign_in(minutes: int | None) -> None:
    _, review, risk = go_no_go_of_tier_4()
    reading = services.open_review_page(actor=risk, review=review)
    moment = None if minutes is None else timezone.now() - timedelta(minutes=minutes)

    with pytest.raises(Forbidden) as problem:
        services.cast_vote(
            actor=risk, review=review, remit="risk", choice="approve", reason="",
            manifest_digest=reading.manifest_digest, nonce=reading.nonce, signed_in_at=moment,
        )  # fmt: skip

    assert problem.value.code == "fresh_sign_in"
    assert problem.value.link.startswith("/accounts/reauthenticate/?next=/workloads/")


@pytest.mark.parametrize(
    ("choice", "reason", "minimum"),
    [
        ("request_changes", "too short", 20),
        ("reject", "bad", 50),
        ("object", "x" * 49, 50),
        ("reject", " " * 80, 50),
    ],
)
def test_a_no_needs_its_reason(choice: str, reason: str, minimum: int) -> None:
    risk = people.reviewer("risk")

    problem = refused(in_review(), risk, choice=choice, reason=reason)

    assert problem.status == 400
    assert problem.errors[0].field == "reason"
    assert problem.errors[0].code in ("min_length", "blank")
    if problem.errors[0].code == "min_length":
        assert str(minimum) in problem.errors[0].message


def test_a_choice_that_is_none_is_refused() -> None:
    risk = people.reviewer("risk")

    assert refused(in_review(), risk, choice="maybe").errors[0].field == "choice"


@pytest.mark.parametrize(
    ("choice", "ended"), [("request_changes", "changes_requested"), ("reject", "rejected")]
)
def test_a_no_gives_the_phase_back_with_the_reason_pinned(choice: str, ended: str) -> None:
    business, risk = people.reviewer("business"), people.reviewer("risk")
    review = in_review(tier=3)
    lives.vote(review, business)

    lives.vote(review, risk, choice=choice, reason=LONG)

    record = phase_record(review.cycle, "scoping")
    assert (outcome(review), record.state) == (ended, "open")
    assert (record.reason, record.reason_by) == (LONG, str(risk))
    owner = review.cycle.workload.owner
    services.submit_phase(actor=owner, cycle=review.cycle, phase_key="scoping")
    assert phase_record(review.cycle, "scoping").reason == ""


def test_an_abstention_counts_for_nothing_and_blocks_nothing() -> None:
    first, second = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()

    lives.vote(review, first, choice="abstain", reason="")
    assert outcome(review) == "open"
    lives.vote(review, second)
    assert outcome(review) == "approved"


def test_a_failing_check_cannot_be_voted_away() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    fake_phases.set_ok(review.cycle, "scoping", False)

    with pytest.raises(NotReady):
        lives.vote(review, risk)

    assert outcome(review) == "open"
    assert phase_record(review.cycle, "scoping").state == "in_review"


def test_each_vote_keeps_what_was_said_and_seen() -> None:
    risk = people.reviewer("risk")
    review = in_review()

    vote = lives.vote(review, risk)

    event = AuditEvent.objects.get(action="review.vote_cast")
    assert event.actor_id == risk.pk
    assert event.detail["manifest_digest"] == vote.manifest_digest == review.manifest_digest
    reading = ReviewReading.objects.get()
    assert (reading.user_id, reading.manifest_digest) == (risk.pk, review.manifest_digest)
