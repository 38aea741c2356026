"""Proposing examples: quarantined, accepted by another, bounded by person and by share."""

import pytest

from evaluations.datasets import services
from evaluations.datasets.enums import Source
from evaluations.datasets.models import DatasetVersion, DraftExample, Proposal
from portal.accounts.models import User
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import datasets, lives, people
from workloads.lifecycle.models import Workload
from workloads.lifecycle.services import add_member

pytestmark = pytest.mark.django_db
WHY = "Customers ask this since the new plans came."


@pytest.fixture
def version() -> DatasetVersion:
    workload = lives.draft()
    return datasets.golden(workload.owner, workload, 12)


def propose(actor: User, version: DatasetVersion, number: int, **more: object) -> Proposal:
    return services.propose_example(
        actor=actor, dataset=version.dataset, values=datasets.ticket(number), reason=WHY,
        source=Source.FEEDBACK, source_ref=f"feedback {number}", **more,
    )  # type: ignore[arg-type]  # fmt: skip


def test_an_example_from_outside_waits_apart_and_keeps_both_names(version: DatasetVersion) -> None:
    reviewer, owner = people.reviewer("risk"), version.dataset.workload.owner
    waiting = propose(reviewer, version, 50)
    assert not DraftExample.objects.filter(key="t-0050").exists()
    made = services.accept_proposal(actor=owner, proposal=waiting)
    assert (made.proposed_by, made.accepted_by) == (reviewer, owner)
    assert (made.source, made.source_ref) == ("feedback", "feedback 50")
    assert DraftExample.objects.filter(key="t-0050").exists()
    with pytest.raises(Conflict):
        services.reject_proposal(actor=owner, proposal=waiting, reason="Too late for that.")
    # An edit of it does not wash away where it came from.
    edited = services.edit_example(
        actor=owner, dataset=version.dataset, key="t-0050", seen=made.digest,
        values=datasets.ticket(50, expected={"category": "PRAISE"}),
    )  # fmt: skip
    assert edited.proposed_by == reviewer


@pytest.mark.parametrize(("tier", "allowed"), [(None, False), (1, True), (2, False), (4, False)])
def test_from_tier_two_nobody_accepts_what_they_proposed(
    version: DatasetVersion, tier: int | None, allowed: bool
) -> None:
    workload = version.dataset.workload
    Workload.objects.filter(pk=workload.pk).update(tier=tier)
    waiting = propose(workload.owner, version, 50)
    if allowed:
        assert services.accept_proposal(actor=workload.owner, proposal=waiting).key == "t-0050"
        return
    with pytest.raises(Forbidden) as refused:
        services.accept_proposal(actor=workload.owner, proposal=waiting)
    assert refused.value.code == "self_approval"
    second = people.person("Contributor")
    add_member(actor=workload.owner, workload=workload, user=second, role="contributor")
    assert services.accept_proposal(actor=second, proposal=waiting).key == "t-0050"


def test_who_may_propose_and_who_may_decide(version: DatasetVersion) -> None:
    reviewer = people.reviewer("risk")
    for person in (people.stranger(), people.auditor()):
        with pytest.raises(Forbidden):
            propose(person, version, 50)
    waiting = propose(reviewer, version, 50)
    with pytest.raises(Forbidden):
        services.accept_proposal(actor=people.reviewer("security"), proposal=waiting)
    with pytest.raises(Forbidden):
        services.reject_proposal(
            actor=people.reviewer("privacy"), proposal=waiting, reason="Not for me to say."
        )
    owner = version.dataset.workload.owner
    with pytest.raises(Invalid):
        services.reject_proposal(actor=owner, proposal=waiting, reason="no")
    # Whoever proposed it may take it back.
    gone = services.reject_proposal(
        actor=reviewer, proposal=waiting, reason="I found the same elsewhere."
    )
    assert gone.state == "rejected"


def test_one_person_proposes_at_most_five_a_day(version: DatasetVersion) -> None:
    reviewer = people.reviewer("risk")
    for number in range(5):
        propose(reviewer, version, 50 + number)
    with pytest.raises(Conflict) as refused:
        propose(reviewer, version, 60)
    assert refused.value.code == "too_many_proposals"
    propose(people.reviewer("security"), version, 60)


def test_what_cannot_be_an_example_cannot_be_proposed(version: DatasetVersion) -> None:
    reviewer = people.reviewer("risk")
    for number, more in ((3, {}), (77, {"replaces": "t-9999"})):
        with pytest.raises(Invalid):
            propose(reviewer, version, number, **more)
    with pytest.raises(Invalid):
        services.propose_example(
            actor=reviewer, dataset=version.dataset, values={"input": "x"}, reason=WHY
        )


def test_a_version_takes_a_tenth_of_its_examples_from_one_person(version: DatasetVersion) -> None:
    owner, reviewer = version.dataset.workload.owner, people.reviewer("risk")
    for number in (50, 51):
        services.accept_proposal(actor=owner, proposal=propose(reviewer, version, number))
    # of 14 examples one person may have proposed 1
    with pytest.raises(NotReady) as kept_back:
        services.commit_version(actor=owner, dataset=version.dataset, note="from feedback")
    assert kept_back.value.code == "one_source"
    services.remove_examples(actor=owner, dataset=version.dataset, keys=["t-0051"])
    services.commit_version(actor=owner, dataset=version.dataset, note="from feedback")
