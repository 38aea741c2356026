import pytest

from portal.common.errors import Conflict, Forbidden, NotReady
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from workloads.lifecycle import services
from workloads.lifecycle.models import Review
from workloads.lifecycle.selectors import current_cycle, open_review, phase_record, standing

pytestmark = pytest.mark.django_db


def test_a_gate_without_votes_opens_on_its_checks_alone() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    cycle = current_cycle(made)
    fake_phases.put(cycle, "selection", "four models", author=made.owner)

    record = services.submit_phase(actor=made.owner, cycle=cycle, phase_key="selection")

    assert record.state == "passed"
    assert {item["kind"] for item in record.manifest} == {"shortlist", "policy"}
    assert not Review.objects.filter(phase="selection").exists()


def test_a_gate_with_votes_opens_a_review_on_exactly_these_bytes() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    risk = people.reviewer("risk")
    people.reviewer("security")

    record = services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")

    review = open_review(cycle, "scoping")
    assert review is not None
    assert (record.state, review.round, review.tier) == ("in_review", 1, 2)
    assert review.requirements == [["business", "risk"]]
    assert review.roster == {"risk": [str(risk.pk)]}


def test_what_is_missing_is_listed_all_at_once() -> None:
    made = lives.draft()
    cycle = current_cycle(made)

    with pytest.raises(NotReady) as refused:
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="selection")

    assert refused.value.status == 409
    assert [e.field for e in refused.value.errors] == [
        "tier_known", "earlier_phases", "selection_done",
    ]  # fmt: skip
    assert phase_record(cycle, "selection").state == "open"


def test_a_prohibited_use_passes_no_gate() -> None:
    made = lives.workload("selection", ready=fake_phases.ready)
    cycle = current_cycle(made)
    fake_phases.put(cycle, "selection", "four models", author=made.owner)
    services.set_risk(actor=made.owner, workload=made, tier=2, personal_data=False, prohibited=True)

    with pytest.raises(NotReady) as refused:
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="selection")

    assert refused.value.errors[0].field == "not_prohibited"


def test_a_phase_waits_until_the_ones_before_hold() -> None:
    made = lives.workload("prompting", ready=fake_phases.ready)
    cycle = current_cycle(made)
    fake_phases.put(cycle, "prompting", "v1", author=made.owner)
    # Somebody wrote past the lifecycle: the passed phase says passed, but its bytes differ.
    fake_phases.put(cycle, "selection", "three models", author=None)

    with pytest.raises(NotReady) as refused:
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="prompting")

    assert "Selection: its evidence is not what was passed" in refused.value.errors[0].message
    assert [i.state for i in standing(cycle)][:3] == ["passed", "stale", "open"]


@pytest.mark.parametrize("who", ["stranger", "observer", "reviewer"])
def test_only_the_owner_and_contributors_submit(who: str) -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    person = people.reviewer("risk") if who == "reviewer" else people.person()
    if who == "observer":
        services.add_member(actor=made.owner, workload=made, user=person, role="observer")

    with pytest.raises(Forbidden) as refused:
        services.submit_phase(actor=person, cycle=cycle, phase_key="scoping")

    assert refused.value.code == "role"


def test_a_phase_is_submitted_once() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    risk = people.reviewer("risk")
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")

    with pytest.raises(Conflict) as again:
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    assert again.value.code == "in_review"

    review = open_review(cycle, "scoping")
    assert review is not None
    lives.vote(review, risk)
    with pytest.raises(Conflict) as passed:
        services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    assert passed.value.code == "already_passed"


def test_operations_never_pass() -> None:
    made = lives.draft()

    with pytest.raises(Conflict) as refused:
        services.submit_phase(actor=made.owner, cycle=current_cycle(made), phase_key="operations")

    assert refused.value.code == "no_gate"


def test_a_withdrawn_review_leaves_the_phase_where_it_stood() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    people.reviewer("risk")
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None

    services.withdraw_review(actor=made.owner, review=review)

    review.refresh_from_db()
    assert (review.outcome, phase_record(cycle, "scoping").state) == ("withdrawn", "open")
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    second = open_review(cycle, "scoping")
    assert second is not None
    assert second.round == 2
    with pytest.raises(Conflict):
        services.withdraw_review(actor=made.owner, review=review)
