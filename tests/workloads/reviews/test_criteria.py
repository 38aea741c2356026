"""The bar is written by some, locked by another, before anything is tested, and never moves after."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import people, phase_four
from tests.factories import reviews as factory
from workloads.lifecycle.models import Cycle, Workload
from workloads.lifecycle.selectors import contributors, current_cycle
from workloads.reviews import services
from workloads.reviews.enums import CampaignState
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import criteria_of, moves
from workloads.reviews.services.criteria import material

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: phase_four.workload("build"))
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


def test_criteria_are_kept_as_written(workload: Workload) -> None:
    made = factory.write(workload)

    rows = list(made.criteria.all())
    assert [row.title for row in rows] == [one.title for one in factory.criteria()]
    assert rows[2].margin == Decimal("0.1")
    assert (made.version, made.author, made.writers) == (1, workload.owner, [workload.owner_id])
    assert AuditEvent.objects.filter(action="criteria.written").count() == 1


def test_writing_again_replaces_the_draft_and_keeps_every_writer(workload: Workload) -> None:
    member = phase_four.contributor(workload)
    factory.write(workload, member)

    made = factory.write(workload, rows=factory.criteria()[:1])

    assert made.version == 1
    assert made.criteria.count() == 1
    assert set(made.writers) == {member.pk, workload.owner_id}


ONE = factory.criteria()[0]
PAIRED = factory.criteria()[2]
WRONG: list[tuple[Any, str, str]] = [
    (replace(ONE, title=""), "title", "blank"),
    (replace(ONE, title="ab"), "title", "min_length"),
    (replace(ONE, title="x" * 161), "title", "max_length"),
    (replace(ONE, title="a\x00bc"), "title", "null_character"),
    (replace(ONE, title="evil \u202e name"), "title", "forbidden_character"),
    (replace(ONE, metric="charm"), "metric", "choice"),
    (replace(ONE, metric="\x00"), "metric", "choice"),
    (replace(ONE, scope="kind:nowhere"), "scope", "choice"),
    (replace(ONE, category="vibes"), "category", "choice"),
    (replace(ONE, category="red_team"), "category", "choice"),
    (replace(ONE, comparator="=="), "comparator", "choice"),
    (replace(ONE, rule="hope"), "rule", "choice"),
    (replace(ONE, threshold=Decimal("NaN")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("sNaN")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("Infinity")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("1e13")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("0.1234567")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("1e-999")), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal(90)), "threshold", "out_of_range"),
    (replace(ONE, threshold=Decimal("-0.1")), "threshold", "out_of_range"),
    (replace(ONE, min_n=0), "min_n", "out_of_range"),
    (replace(ONE, min_n=10**12), "min_n", "out_of_range"),
    (replace(ONE, kpi="No such KPI"), "kpi", "choice"),
    (replace(PAIRED, margin=None), "margin", "required"),
    (replace(PAIRED, margin=Decimal(0)), "margin", "required"),
    (replace(PAIRED, margin=Decimal(2)), "margin", "required"),
    (replace(PAIRED, margin=Decimal("NaN")), "margin", "required"),
    (replace(PAIRED, metric="latency_p95"), "rule", "choice"),
]


@pytest.mark.parametrize(("row", "field", "code"), WRONG)
def test_what_is_wrong_is_named_by_criterion_and_field(
    workload: Workload, row: services.CriterionInput, field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        factory.write(workload, rows=[row])

    assert (f"criteria[0].{field}", code) in [(e.field, e.code) for e in refused.value.errors]
    assert criteria_of(current_cycle(workload)) is None


@pytest.mark.parametrize("rows", [[ONE, ONE], [ONE] * 41])
def test_each_name_stands_once_and_there_is_an_end(workload: Workload, rows: list[Any]) -> None:
    with pytest.raises(Invalid):
        factory.write(workload, rows=rows)


def test_no_criterion_is_no_bar(workload: Workload) -> None:
    with pytest.raises(Invalid, match="cannot be kept"):
        services.write_criteria(actor=workload.owner, workload=workload, criteria=[])


def test_a_draft_that_moved_on_is_not_overwritten(workload: Workload) -> None:
    factory.write(workload)

    with pytest.raises(Conflict) as refused:
        services.write_criteria(
            actor=workload.owner, workload=workload, criteria=factory.criteria(), row_version=0
        )

    assert refused.value.code == "version_conflict"


def test_only_the_team_writes(workload: Workload) -> None:
    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            factory.write(workload, person)


def test_without_a_baseline_there_is_nothing_to_write_about() -> None:
    with pytest.raises(NotReady, match="Choose the winner"):
        factory.write(phase_four.workload("evaluation"))


def test_the_lock_fixes_the_bars_the_dataset_and_the_baseline(workload: Workload) -> None:
    factory.write(workload)

    locked = factory.lock(workload)

    again = CriteriaSet.objects.get(pk=locked.pk)
    assert again.dataset == phase_four.dataset(1)
    assert again.baseline["kind"] == "scorecard"
    assert again.digest == digest(material(again))
    assert AuditEvent.objects.filter(action="criteria.locked").count() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE workloads_reviews_criteriaset SET reason = 'x'",
        "UPDATE workloads_reviews_criterion SET threshold = 0",
        "DELETE FROM workloads_reviews_criterion",
        "INSERT INTO workloads_reviews_criterion (criteria_set_id, position, title, category,"
        " metric, comparator, threshold, scope, min_n, rule, kpi) SELECT criteria_set_id, 9, 'easy',"
        " category, metric, comparator, 0, scope, 1, 'point', '' FROM workloads_reviews_criterion",
    ],
)
def test_the_database_refuses_to_move_a_locked_bar(workload: Workload, sql: str) -> None:
    factory.write(workload)
    factory.lock(workload)

    with (
        pytest.raises(ProgrammingError, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_invariant_4_from_tier_2_up_nobody_locks_what_they_wrote() -> None:
    # given criteria of a tier 2 workload in which two people wrote
    workload = phase_four.workload("build", tier=2)
    member = phase_four.contributor(workload)
    factory.write(workload, member)
    factory.write(workload, rows=factory.criteria()[:2])

    # then neither of them can lock, and a third can
    for person in (member, workload.owner):
        with pytest.raises(Forbidden) as refused:
            factory.lock(workload, person)
        assert refused.value.code == "own_criteria"
    assert factory.lock(workload).locked_by_id not in (member.pk, workload.owner_id)


def test_a_copied_version_still_has_its_writers() -> None:
    # given locked criteria that one person wrote and another one opened again
    workload = phase_four.workload("build", tier=2)
    factory.write(workload)
    factory.lock(workload)
    member = phase_four.contributor(workload)
    services.new_criteria_version(
        actor=member, workload=workload, reason="The latency limit was too loose."
    )

    # then the first writer cannot lock the copy
    with pytest.raises(Forbidden):
        factory.lock(workload, workload.owner)


def test_at_tier_1_the_writer_may_lock(workload: Workload) -> None:
    factory.write(workload)

    assert factory.lock(workload, workload.owner).locked_by == workload.owner


def test_who_has_no_part_in_it_does_not_lock(workload: Workload) -> None:
    factory.write(workload)

    for person in (people.stranger(), people.auditor(), people.catalog_manager()):
        with pytest.raises(Forbidden):
            factory.lock(workload, person)


def test_writers_and_the_locker_contributed(workload: Workload) -> None:
    member, reviewer = phase_four.contributor(workload), people.reviewer("risk")
    factory.write(workload, member)
    factory.write(workload)
    factory.lock(workload, reviewer)

    found = contributors(current_cycle(workload), "go_no_go")

    assert {member.pk, workload.owner_id, reviewer.pk} <= found


def test_invariant_4_locked_criteria_are_not_written(workload: Workload) -> None:
    factory.write(workload)
    factory.lock(workload)

    with pytest.raises(Conflict) as refused:
        factory.write(workload)
    with pytest.raises(Conflict) as twice:
        factory.lock(workload)

    assert refused.value.code == twice.value.code == "criteria_locked"


def test_a_measure_that_is_gone_is_not_locked(
    workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory.write(workload)
    monkeypatch.setattr(phase_four.briefs, "known_metric", lambda: "another_measure")

    with pytest.raises(NotReady, match="no longer fit"):
        factory.lock(workload)


def test_a_closed_cycle_is_not_locked_into(workload: Workload) -> None:
    factory.write(workload)
    Cycle.objects.filter(workload=workload).update(state="released")

    with pytest.raises(NotReady):
        factory.lock(workload)


def test_a_new_version_voids_what_was_tested_and_says_what_changed() -> None:
    # given a campaign that ended NO-GO
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    campaign = factory.campaign(workload, p95_latency=factory.BAD, Not_worse=factory.GOOD)

    # when a new version is opened for a reason, and one bar is moved and another dropped
    why = "The limit was for a batch job that nobody runs."
    opened = services.new_criteria_version(actor=workload.owner, workload=workload, reason=why)
    rows = [replace(factory.criteria()[0], threshold=Decimal("0.95")), *factory.criteria()[2:]]
    factory.write(workload, rows=rows)

    # then the campaign is void with the reason, by one event, and the change is on record
    campaign.refresh_from_db()
    before = CriteriaSet.objects.get(cycle=opened.cycle, version=1)
    found = [(str(m.change.value), m.title) for m in moves(before, opened)]
    assert campaign.state == CampaignState.VOID
    assert why in campaign.state_reason
    assert AuditEvent.objects.filter(action="campaign.voided").count() == 1
    assert found == [("changed", factory.KPI), ("gone", "p95 latency")]


@pytest.mark.parametrize("reason", ["", "because", "x" * 401, "null \x00 in a long enough reason"])
def test_a_new_version_asks_for_a_reason(workload: Workload, reason: str) -> None:
    factory.write(workload)
    factory.lock(workload)

    with pytest.raises(Invalid):
        services.new_criteria_version(actor=workload.owner, workload=workload, reason=reason)


def test_a_draft_is_changed_and_not_versioned(workload: Workload) -> None:
    factory.write(workload)

    with pytest.raises(Conflict) as refused:
        services.new_criteria_version(
            actor=workload.owner, workload=workload, reason="There is nothing to open here."
        )

    assert refused.value.code == "not_locked"


def test_while_a_campaign_tests_no_version_is_opened() -> None:
    workload = phase_four.workload("go_no_go")
    factory.lock(workload)
    services.start_campaign(actor=workload.owner, workload=workload)

    with pytest.raises(Conflict) as refused:
        services.new_criteria_version(
            actor=workload.owner, workload=workload, reason="The test does not look good."
        )

    assert refused.value.code == "testing"
    assert Campaign.objects.get().state == CampaignState.TESTING
