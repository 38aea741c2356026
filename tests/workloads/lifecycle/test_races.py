"""Two people at once, with real threads and real transactions on PostgreSQL."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.audit.services import verify
from portal.common.errors import Conflict, DomainError
from tests.factories import lives, people
from tests.factories.racing import at_once
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import in_review
from workloads.lifecycle import services
from workloads.lifecycle.models import Review, Vote
from workloads.lifecycle.selectors import (
    current_cycle,
    holds,
    manifest,
    manifest_digest,
    open_review,
    phase_record,
)

pytestmark = pytest.mark.django_db(transaction=True)


def unexpected(raised: list[Exception]) -> list[Exception]:
    return [problem for problem in raised if not isinstance(problem, DomainError)]


def test_invariant_11_two_last_votes_at_once_yield_one_decision() -> None:
    for _ in range(12):
        business, risk = people.reviewer("business"), people.reviewer("risk")
        review = in_review(tier=3)

        raised = at_once([partial(lives.vote, review, business), partial(lives.vote, review, risk)])

        assert raised == []
        review.refresh_from_db()
        assert review.outcome == "approved"
        assert Vote.objects.filter(review=review).count() == 2
        assert (
            AuditEvent.objects.filter(action="review.approved", subject_ref=str(review.pk)).count()
            == 1
        )
        assert (
            AuditEvent.objects.filter(
                action="phase.passed", workload_ref=review.cycle.workload.ref
            ).count()
            == 1
        )


def test_two_votes_of_which_one_suffices_yield_one_decision() -> None:
    for _ in range(12):
        first, second = people.reviewer("risk"), people.reviewer("risk")
        review = in_review()

        raised = at_once([partial(lives.vote, review, first), partial(lives.vote, review, second)])

        assert [type(problem) for problem in raised] == [Conflict]
        assert Vote.objects.filter(review=review).count() == 1


def test_one_form_sent_twice_at_once_is_one_vote() -> None:
    for _ in range(12):
        risk = people.reviewer("risk")
        people.reviewer("business")
        review = in_review(tier=3)
        reading = services.open_review_page(actor=risk, review=review)

        send = partial(
            services.cast_vote,
            actor=risk, review=review, remit="risk", choice="approve", reason="",
            manifest_digest=reading.manifest_digest, nonce=reading.nonce,
            signed_in_at=timezone.now(),
        )  # fmt: skip
        raised = at_once([send, send])

        assert [getattr(problem, "code", problem) for problem in raised] == ["already_voted"]
        assert Vote.objects.filter(review=review).count() == 1


def test_a_vote_while_the_evidence_changes_never_passes_the_new_bytes() -> None:
    for turn in range(15):
        risk = people.reviewer("risk")
        review = in_review()
        cycle, owner = review.cycle, review.cycle.workload.owner

        raised = at_once(
            [
                partial(lives.vote, review, risk),
                partial(fake_phases.edit, owner, cycle, "scoping", f"brief of turn {turn}"),
            ]
        )

        assert unexpected(raised) == []
        record = phase_record(cycle, "scoping")
        review.refresh_from_db()
        present = manifest_digest(manifest(cycle, "scoping"))
        assert present != review.manifest_digest
        assert not holds(record)
        # Either the vote was first, and its approval went stale; or the change was, and it is
        # refused: then the review is superseded.
        assert (review.outcome, record.state) in {("approved", "stale"), ("superseded", "open")}


def test_a_role_revoked_while_its_holder_votes_never_counts_afterwards() -> None:
    for _ in range(10):
        risk = people.reviewer("risk")
        review = in_review()

        raised = at_once([partial(lives.vote, review, risk), partial(people.revoke, risk, "risk")])

        assert unexpected(raised) == []
        assert not holds(phase_record(review.cycle, "scoping"))


def test_eight_people_at_one_cycle_never_wait_for_each_other() -> None:
    made = lives.workload("go_no_go", ready=fake_phases.ready)
    cycle, owner = current_cycle(made), made.owner
    voters = lives.reviewers_for(made, "go_no_go") + lives.reviewers_for(made, "scoping")
    fake_phases.put(cycle, "go_no_go", "GO", author=owner)
    rounds = 25

    def repeat(act: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            for turn in range(rounds):
                try:
                    act(turn)
                except (DomainError, Review.DoesNotExist):
                    continue

        return run

    def voting(number: int) -> Callable[[int], object]:
        def act(turn: int) -> None:
            for key in ("scoping", "go_no_go"):
                review = open_review(cycle, key)
                if review is not None:
                    choice = "object" if turn % 3 else "approve"
                    vote = lives.vote(review, voters[number], choice=choice)
                    if choice == "object":
                        services.lift_objection(actor=voters[number], vote=vote)

        return act

    def submitting(key: str) -> Callable[[int], object]:
        return lambda _: services.submit_phase(actor=owner, cycle=cycle, phase_key=key)

    raised = at_once(
        [
            repeat(submitting("scoping")),
            repeat(submitting("go_no_go")),
            repeat(lambda turn: fake_phases.edit(owner, cycle, "scoping", f"brief {turn % 4}")),
            repeat(
                lambda turn: services.set_risk(
                    actor=owner,
                    workload=made,
                    tier=2 + turn % 2,
                    personal_data=False,
                    prohibited=False,
                )
            ),
            repeat(lambda _: services.expire_reviews()),
            repeat(voting(0)),
            repeat(voting(1)),
            repeat(voting(2)),
        ]
    )

    assert raised == []
    assert verify()[1] == []


def test_a_session_that_dies_between_vote_and_decision_leaves_neither() -> None:
    # given a vote that decides, whose session ends as soon as the vote is written
    business, risk = people.reviewer("business"), people.reviewer("risk")
    review = in_review(tier=3)
    lives.vote(review, business)
    events = AuditEvent.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM pg_terminate_backend(pg_backend_pid());
                RETURN NEW;
            END $$;
            CREATE TRIGGER dies AFTER INSERT ON workloads_lifecycle_vote
            FOR EACH ROW EXECUTE FUNCTION dies()"""
        )
    try:
        (raised,) = at_once([partial(lives.vote, review, risk)])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION dies() CASCADE")
    assert isinstance(raised, OperationalError)
    # then neither is there, nor anything said of them
    review.refresh_from_db()
    assert review.outcome == "open"
    assert Vote.objects.filter(review=review).count() == 1
    assert AuditEvent.objects.count() == events
    assert verify()[1] == []
    # and the vote can be cast again, and decides
    lives.vote(review, risk)
    review.refresh_from_db()
    assert review.outcome == "approved"
