"""The invariants of the lifecycle that are its own, each by its number in the design."""

import dataclasses
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from portal.accounts import services as accounts
from portal.accounts.models import OrganisationRole
from portal.audit.models import AuditEvent
from portal.audit.services import verify
from portal.common.errors import DomainError, NotReady
from portal.common.policy import PATH, PolicyError, parse, policy
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.reviewing import in_review, outcome
from workloads.lifecycle import services
from workloads.lifecycle.models import Cycle, PhaseRecord, Release, Review, Vote
from workloads.lifecycle.selectors import (
    approval_problem,
    current_cycle,
    holds,
    open_review,
    phase_record,
)

pytestmark = pytest.mark.django_db


def test_invariant_1_no_go_with_a_failing_check_whoever_asks() -> None:
    made = lives.workload("go_no_go", ready=fake_phases.ready)
    cycle = current_cycle(made)
    voters = lives.reviewers_for(made, "go_no_go")
    fake_phases.put(cycle, "go_no_go", "GO", author=made.owner)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="go_no_go")
    review = open_review(cycle, "go_no_go")
    assert review is not None
    lives.vote(review, voters[0])
    fake_phases.set_ok(cycle, "go_no_go", False)

    for voter in (voters[1], people.administrator(), made.owner):
        with pytest.raises(DomainError):
            lives.vote(review, voter)
    with pytest.raises(DomainError):
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="go_no_go")
    services.expire_reviews()

    assert not Release.objects.exists()
    assert phase_record(cycle, "go_no_go").state == "in_review"


def test_invariant_1_an_unknown_check_shuts_the_gate_like_a_failed_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    checks = fake_phases.Scoping.checks
    monkeypatch.setattr(
        fake_phases.Scoping,
        "checks",
        lambda self, cycle: [
            dataclasses.replace(one, state=type(one.state).UNKNOWN) for one in checks(self, cycle)
        ],
    )

    with pytest.raises(NotReady):
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")


def test_invariant_2_no_approval_holds_on_other_bytes() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    record = phase_record(current_cycle(made), "scoping")
    assert holds(record)

    fake_phases.put(record.cycle, "scoping", "another brief", author=None)

    assert approval_problem(record) == "its evidence is not what was passed"


def test_invariant_2_a_new_policy_is_other_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    record = phase_record(current_cycle(made), "scoping")
    stricter = dataclasses.replace(policy(), digest="sha256:another")
    monkeypatch.setattr("workloads.lifecycle.look.policy", lambda: stricter)

    assert not holds(record)


@pytest.mark.parametrize("who", ["owner", "contributor", "administrator"])
def test_invariant_3_no_vote_by_who_made_owns_or_administers(who: str) -> None:
    person = people.reviewer("risk", "business")
    if who == "administrator":
        accounts.grant_role(actor=None, user=person, role=OrganisationRole.PLATFORM_ADMIN)
    review = in_review(owner=person if who == "owner" else None)
    if who == "contributor":
        fake_phases.put(review.cycle, "scoping", "brief 1", author=person)

    with pytest.raises(DomainError) as refused:
        lives.vote(review, person)

    assert refused.value.status == 403
    assert not Vote.objects.exists()


def test_invariant_6_at_most_one_open_cycle() -> None:
    made = lives.draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Cycle.objects.create(workload=made, number=2)


def test_invariant_6_at_most_one_open_review_of_a_gate() -> None:
    people.reviewer("risk")
    review = in_review()
    copy = {
        name: getattr(review, name)
        for name in (
            "cycle", "phase", "manifest", "manifest_digest", "tier", "requirements", "roster",
            "requested_by", "requested_at", "expires_at",
        )
    }  # fmt: skip

    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(round=2, **copy)


def test_invariant_7_every_change_of_state_has_one_event_with_its_actor() -> None:
    made = lives.workload("operations", ready=fake_phases.ready)
    cycle = current_cycle(made)

    events = AuditEvent.objects.filter(workload_ref=made.ref)
    for record in PhaseRecord.objects.filter(cycle=cycle).exclude(phase="operations"):
        mine = events.filter(subject_kind="phase", subject_ref__endswith=f"/1/{record.phase}")
        actions = list(mine.order_by("seq").values_list("action", flat=True))
        assert actions == (["phase.submitted"] if record.review_id else []) + ["phase.passed"]
        assert record.updated_by is not None
        last = mine.get(action="phase.passed")
        assert last.actor_id == record.updated_by.pk
    for review in Review.objects.filter(cycle=cycle):
        mine = events.filter(subject_ref=str(review.pk))
        assert mine.filter(action="review.opened").get().actor_id == made.owner_id
        assert mine.filter(action="review.approved").count() == 1
    votes = Vote.objects.filter(review__cycle=cycle)
    assert events.filter(action="review.vote_cast").count() == votes.count()
    assert events.filter(action="release.made").count() == 1


def test_invariant_7_without_its_event_there_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    people.reviewer("risk")

    def broken(**_: Any) -> None:
        raise OSError("the chain cannot be written")

    monkeypatch.setattr("workloads.lifecycle.services.gates.audit.record", broken)
    with pytest.raises(OSError, match="chain"):
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")

    assert not Review.objects.exists()
    assert phase_record(cycle, "scoping").state == "open"


def test_invariant_8_the_chain_of_a_whole_life_verifies(settings: Any, tmp_path: Any) -> None:
    settings.VAR_DIR = tmp_path
    lives.workload("operations", ready=fake_phases.ready)

    count, faults = verify()

    assert count == AuditEvent.objects.count() > 20
    assert faults == []
    call_command("verify_audit")


def test_invariant_9_a_standing_objection_blocks() -> None:
    objector, business, risk = (
        people.reviewer("risk"), people.reviewer("business"), people.reviewer("risk"),
    )  # fmt: skip
    review = in_review(tier=3)
    lives.vote(review, objector, choice="object")

    lives.approve(review, [business, risk])
    services.expire_reviews()

    assert outcome(review) == "open"


def test_invariant_13_a_higher_tier_never_asks_for_fewer_people() -> None:
    for gate in policy().gates.values():
        for personal in (False, True):
            counts = [len(gate.votes_needed(t, personal_data=personal)) for t in (1, 2, 3, 4)]
            assert counts == sorted(counts)
            for tier in (1, 2, 3, 4):
                with_data = gate.votes_needed(tier, personal_data=True)
                assert len(with_data) >= len(gate.votes_needed(tier, personal_data=False))


def test_invariant_13_a_policy_that_asks_a_higher_tier_for_less_is_refused() -> None:
    text = PATH.read_text().replace(
        'tier4 = [["business"], ["risk"], ["security"], ["privacy"]]\npersonal_data',
        'tier4 = [["business"]]\npersonal_data',
        1,
    )
    assert text != PATH.read_text()

    with pytest.raises(PolicyError, match="higher tier"):
        parse(text)


def test_invariant_14_deleting_a_person_never_deletes_a_record() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    vote = Vote.objects.select_related("voter").get()
    counts = (Vote.objects.count(), Review.objects.count(), AuditEvent.objects.count())

    for person in (made.owner, vote.voter):
        with pytest.raises(ProtectedError), transaction.atomic():
            person.delete()

    assert counts == (Vote.objects.count(), Review.objects.count(), AuditEvent.objects.count())


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("workloads_lifecycle_vote", "choice"),
        ("workloads_lifecycle_vote", "reason"),
        ("workloads_lifecycle_review", "manifest_digest"),
    ],
)
def test_what_was_said_and_what_was_shown_cannot_be_rewritten(table: str, column: str) -> None:
    lives.workload("selection", ready=fake_phases.ready)

    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
