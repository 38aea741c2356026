import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from portal.common.errors import Conflict, DomainError, Forbidden
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from workloads.lifecycle import services
from workloads.lifecycle.manifests import manifest_digest, restored
from workloads.lifecycle.models import LiveSpell, Release, Vote, Workload
from workloads.lifecycle.policies import can_edit
from workloads.lifecycle.selectors import current_cycle, live_release, open_cycle

pytestmark = pytest.mark.django_db


def released() -> tuple[Workload, Release]:
    made = lives.workload("operations", ready=fake_phases.ready)
    return made, Release.objects.get(workload=made)


def test_a_go_makes_the_release_over_the_records_of_every_phase() -> None:
    made, release = released()

    kinds = [item["kind"] for item in release.manifest]
    assert kinds == sorted(
        ["brief", "shortlist", "prompt", "scorecard", "tuning_decision", "build", "campaign",
         "policy"]
    )  # fmt: skip
    assert release.manifest_digest == manifest_digest(restored(release.manifest))
    assert release.review is not None
    assert release.review.manifest_digest == release.manifest_digest
    assert current_cycle(made).state == "released"
    assert open_cycle(made) is None
    assert can_edit(made.owner, made).rule == "cycle_closed"


def test_the_database_refuses_to_change_a_release() -> None:
    _, release = released()

    with pytest.raises(DatabaseError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(manifest_digest="sha256:other")
    with pytest.raises(DatabaseError), transaction.atomic():
        release.delete()


def test_the_owner_puts_a_release_live_and_takes_it_off() -> None:
    made, release = released()

    services.start_live(actor=made.owner, release=release)
    made.refresh_from_db()
    assert (live_release(made), made.status) == (release, "live")
    with pytest.raises(Conflict) as twice:
        services.start_live(actor=made.owner, release=release)
    assert twice.value.code == "already_live"

    services.end_live(actor=made.owner, workload=made, reason="It answers in rhymes.")
    made.refresh_from_db()
    assert (live_release(made), made.status) == (None, "suspended")
    with pytest.raises(Conflict) as nothing:
        services.end_live(actor=made.owner, workload=made, reason="Again, please.")
    assert nothing.value.code == "not_live"
    spell = LiveSpell.objects.get()
    assert (spell.end_reason, spell.ended_by) == ("It answers in rhymes.", made.owner)


@pytest.mark.parametrize("who", ["reviewer", "contributor", "admin"])
def test_nobody_but_an_owner_decides_what_is_live(who: str) -> None:
    made, release = released()
    person = people.administrator() if who == "admin" else people.reviewer("risk")
    if who == "contributor":
        services.add_member(actor=made.owner, workload=made, user=person, role="contributor")

    with pytest.raises(Forbidden):
        services.start_live(actor=person, release=release)


def test_records_that_differ_from_the_release_do_not_go_live() -> None:
    made, release = released()
    fake_phases.put(release.cycle, "build", "another build", author=None)

    with pytest.raises(Conflict) as refused:
        services.start_live(actor=made.owner, release=release)

    assert refused.value.code == "not_as_approved"
    assert live_release(made) is None


def test_a_release_whose_voter_no_longer_counts_does_not_go_live() -> None:
    made, release = released()
    vote = Vote.objects.get(review=release.review, remit="business")
    people.revoke(vote.voter, "business")

    with pytest.raises(Conflict) as refused:
        services.start_live(actor=made.owner, release=release)

    assert "1 vote" in refused.value.message


def test_a_reason_is_needed_to_take_a_release_off() -> None:
    made, release = released()
    services.start_live(actor=made.owner, release=release)

    with pytest.raises(DomainError) as refused:
        services.end_live(actor=made.owner, workload=made, reason=" ")

    assert refused.value.errors[0].field == "reason"
    assert live_release(made) == release


def test_the_database_lets_one_release_be_live() -> None:
    made, release = released()
    services.start_live(actor=made.owner, release=release)

    with pytest.raises(IntegrityError), transaction.atomic():
        LiveSpell.objects.create(
            workload=made, release=release, began_at=timezone.now(), began_by=made.owner
        )
