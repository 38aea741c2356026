import pytest

from portal.audit.models import AuditEvent
from tests.factories import lives, people
from tests.workloads.lifecycle import fake_phases
from tests.workloads.lifecycle.fake_phases import KEYS
from workloads.lifecycle import services
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import current_cycle, open_review, phase_records

pytestmark = pytest.mark.django_db


def states(cycle: Cycle) -> dict[str, str]:
    return {key: record.state for key, record in phase_records(cycle).items()}


def before_go_no_go() -> tuple[Workload, Cycle]:
    made = lives.workload("go_no_go", ready=fake_phases.ready)
    return made, current_cycle(made)


def tell(made: Workload, cycle: Cycle, change: str) -> None:
    services.evidence_changed(
        actor=made.owner, cycle=cycle, change=change, detail="It changed.", origin="scoping"
    )


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ("brief.cosmetic", {}),
        ("brief.loosened", {"scoping": "stale"}),
        ("brief.tightened", {"scoping": "stale"}),
        ("brief.threshold_tightened", {"evaluation": "open"}),
        (
            "brief.scope",
            {"scoping": "open", "selection": "stale", "evaluation": "open", "build": "stale"},
        ),
        ("catalog.price_changed", {"evaluation": "stale", "tuning": "stale"}),
        (
            "prompt.changed_after_baseline",
            {"evaluation": "open", "tuning": "stale", "build": "open"},
        ),
        ("nobody.knows_this", {}),
    ],
)
def test_each_phase_answers_a_change_by_its_own_table(change: str, touched: dict[str, str]) -> None:
    made, cycle = before_go_no_go()
    count = AuditEvent.objects.count()

    tell(made, cycle, change)

    expected = dict.fromkeys(KEYS[:6], "passed") | {"go_no_go": "open", "operations": "open"}
    assert states(cycle) == expected | touched
    assert AuditEvent.objects.count() - count == len(touched)
    for key, state in touched.items():
        record = phase_records(cycle)[key]
        assert record.reason == "Scoping: It changed."
        # What was passed stays for the diff; only a reopened phase forgets that it was passed.
        assert record.manifest
        assert (record.passed_at is None) == (state == "open")


def test_a_change_ends_the_open_review_that_it_touches() -> None:
    made, cycle = before_go_no_go()
    people.reviewer("business")
    people.reviewer("risk")
    fake_phases.put(cycle, "go_no_go", "GO", author=made.owner)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="go_no_go")
    review = open_review(cycle, "go_no_go")
    assert review is not None

    tell(made, cycle, "brief.tightened")

    review.refresh_from_db()
    assert review.outcome == "superseded"
    assert states(cycle)["go_no_go"] == "open"


def test_bytes_decide_even_when_no_table_knows_the_change() -> None:
    made, cycle = before_go_no_go()
    people.reviewer("business")
    people.reviewer("risk")
    fake_phases.put(cycle, "go_no_go", "GO", author=made.owner)
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="go_no_go")
    review = open_review(cycle, "go_no_go")
    assert review is not None

    fake_phases.edit(made.owner, cycle, "tuning", "another decision", change="nobody.knows")

    review.refresh_from_db()
    assert review.outcome == "superseded"
    assert states(cycle)["tuning"] == "stale"
    assert "its evidence is not what was passed" in phase_records(cycle)["tuning"].reason


def test_an_approval_does_not_come_back_by_itself_when_the_bytes_do() -> None:
    made, cycle = before_go_no_go()

    fake_phases.edit(made.owner, cycle, "tuning", "another")
    fake_phases.edit(made.owner, cycle, "tuning", "tuning 1")

    assert states(cycle)["tuning"] == "stale"


def test_a_stale_phase_is_reconfirmed_by_submitting_it_again() -> None:
    made, cycle = before_go_no_go()
    tell(made, cycle, "catalog.price_changed")

    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="evaluation")

    assert states(cycle)["evaluation"] == "passed"


def test_a_review_to_reconfirm_that_is_withdrawn_leaves_the_phase_stale() -> None:
    made, cycle = before_go_no_go()
    people.reviewer("risk")
    tell(made, cycle, "brief.loosened")
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None

    services.withdraw_review(actor=made.owner, review=review)

    assert states(cycle)["scoping"] == "stale"


def test_a_higher_tier_takes_the_passed_gates_that_lack_votes() -> None:
    made, cycle = before_go_no_go()

    services.set_risk(
        actor=made.owner, workload=made, tier=3, personal_data=False, prohibited=False
    )

    # Tier 3 asks scoping for two people, evaluation and tuning for one; selection for none.
    assert {k for k, s in states(cycle).items() if s == "stale"} == {
        "scoping", "evaluation", "tuning",
    }  # fmt: skip
    assert "1 vote" in phase_records(cycle)["evaluation"].reason


def test_a_lower_tier_leaves_every_approval() -> None:
    made, cycle = before_go_no_go()

    services.set_risk(
        actor=made.owner, workload=made, tier=1, personal_data=False, prohibited=False
    )

    assert set(states(cycle).values()) == {"passed", "open"}


def test_personal_data_at_tier_3_brings_privacy_in() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.put(cycle, "scoping", "brief", author=made.owner)
    risk_of = {"workload": made, "actor": made.owner, "tier": 3, "prohibited": False}
    services.set_risk(**risk_of, personal_data=False)
    voters = [people.reviewer("business"), people.reviewer("risk"), people.reviewer("privacy")]
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None

    services.set_risk(**risk_of, personal_data=True)

    review.refresh_from_db()
    assert review.outcome == "superseded"
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    second = open_review(cycle, "scoping")
    assert second is not None
    lives.approve(second, voters[:2])
    assert states(cycle)["scoping"] == "in_review"
    lives.approve(second, voters[2:])
    assert states(cycle)["scoping"] == "passed"


def test_a_closed_cycle_is_never_touched() -> None:
    made, cycle = before_go_no_go()
    lives.pass_phase(cycle, "go_no_go", ready=fake_phases.ready)
    before = states(cycle)

    tell(made, cycle, "brief.scope")

    assert states(cycle) == before


def test_a_change_that_nobody_told_of_is_found_by_the_sweep() -> None:
    made = lives.draft()
    cycle = current_cycle(made)
    fake_phases.ready(cycle, "scoping", made.owner)
    people.reviewer("risk")
    services.submit_phase(actor=made.owner, cycle=cycle, phase_key="scoping")
    review = open_review(cycle, "scoping")
    assert review is not None
    fake_phases.put(cycle, "scoping", "brief 2", author=None)

    assert services.expire_reviews() == 1

    review.refresh_from_db()
    assert review.outcome == "superseded"
    assert services.expire_reviews() == 0
