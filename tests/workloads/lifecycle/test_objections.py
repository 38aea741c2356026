from datetime import timedelta

import pytest
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.common.errors import Conflict, Forbidden
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import in_review, outcome
from workloads.lifecycle import services
from workloads.lifecycle.models import Review
from workloads.lifecycle.selectors import phase_record

pytestmark = pytest.mark.django_db


def test_an_objection_blocks_although_every_vote_is_there() -> None:
    objector, risk = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")

    lives.vote(review, risk)

    assert outcome(review) == "open"
    services.lift_objection(actor=objector, vote=objection)
    assert outcome(review) == "approved"
    assert AuditEvent.objects.filter(action="review.objection_lifted").count() == 1


def test_nobody_but_its_author_lifts_an_objection() -> None:
    objector, other = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")

    for person in (other, review.cycle.workload.owner, people.administrator()):
        with pytest.raises(Forbidden) as refused:
            services.lift_objection(actor=person, vote=objection)
        assert refused.value.code == "not_author"


def test_an_objection_is_lifted_once_and_only_an_objection_is() -> None:
    objector, risk = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")
    abstention = lives.vote(review, risk, choice="abstain")
    services.lift_objection(actor=objector, vote=objection)

    for person, vote in ((objector, objection), (risk, abstention)):
        with pytest.raises(Conflict) as refused:
            services.lift_objection(actor=person, vote=vote)
        assert refused.value.code == "no_objection"


def test_who_lifted_an_objection_may_approve() -> None:
    objector = people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")
    services.lift_objection(actor=objector, vote=objection)

    lives.vote(review, objector)

    assert outcome(review) == "approved"


def test_an_objection_lifted_while_a_check_fails_waits_for_the_check() -> None:
    objector, risk = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")
    lives.vote(review, risk)
    fake_phases.set_ok(review.cycle, "scoping", False)

    services.lift_objection(actor=objector, vote=objection)
    assert (outcome(review), services.expire_reviews()) == ("open", 0)

    fake_phases.set_ok(review.cycle, "scoping", True)
    assert (services.expire_reviews(), outcome(review)) == (1, "approved")


def test_the_objection_of_somebody_who_no_longer_counts_is_struck() -> None:
    objector, risk = people.reviewer("risk"), people.reviewer("risk")
    review = in_review()
    objection = lives.vote(review, objector, choice="object")
    people.revoke(objector, "risk")

    lives.vote(review, risk)

    objection.refresh_from_db()
    assert objection.struck_at is not None
    assert outcome(review) == "approved"


def test_a_review_expires_and_gives_the_phase_back() -> None:
    risk = people.reviewer("risk")
    review = in_review()
    Review.objects.filter(pk=review.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert services.expire_reviews() == 1
    assert services.expire_reviews() == 0

    record = phase_record(review.cycle, "scoping")
    assert (outcome(review), record.state) == ("expired", "open")
    assert "expired" in record.reason
    with pytest.raises(Conflict) as refused:
        lives.vote(review, risk)
    assert refused.value.code == "closed"
