"""A campaign tests the present build against the locked bars; attempts are counted and kept."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.audit.models import AuditEvent
from portal.common.canonical import digest
from portal.common.errors import Conflict, Forbidden, Invalid, NotReady
from tests.factories import builds as build_factory
from tests.factories import people, phase_four
from tests.factories import reviews as factory
from workloads.lifecycle.checks import checks_of
from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.reviews import evidence, services
from workloads.reviews.enums import CampaignState, CampaignVerdict
from workloads.reviews.models import Campaign, Execution
from workloads.reviews.services import Seen
from workloads.reviews.services.campaigns import material
from workloads.reviews.verdicts import Measurement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gateway")]


def _locked() -> Workload:
    made = phase_four.workload("go_no_go")
    factory.lock(made)
    return made


WHY = "The gateway was down for half of the first test."


@pytest.fixture(scope="module")
def made(for_module: Any) -> Workload:
    found: Workload = for_module(lambda: _locked())
    return found


@pytest.fixture
def workload(made: Workload) -> Workload:
    return phase_four.again(made)


def _start(workload: Workload, reason: str = "") -> Campaign:
    return services.start_campaign(actor=workload.owner, workload=workload, reason=reason)


def _failing(workload: Workload) -> set[str]:
    found = checks_of(current_cycle(workload), "go_no_go")
    return {check.code for check in found if check.state == CheckState.FAIL}


def test_a_campaign_asks_the_executor_and_waits(workload: Workload) -> None:
    made = _start(workload)

    assert phase_four.started() == [(workload.owner_id, made.pk)]
    assert made.runs["evaluation"]["kind"] == "test"
    assert (made.state, made.verdict) == (CampaignState.TESTING, CampaignVerdict.INCOMPLETE)
    assert AuditEvent.objects.filter(action="campaign.started").count() == 1
    assert _failing(workload) == {"campaign_complete", "verdict_go"}


def test_when_everything_passes_the_verdict_is_go(workload: Workload) -> None:
    made = factory.campaign(workload)

    assert (made.state, made.verdict) == (CampaignState.CONCLUDED, CampaignVerdict.GO)
    assert made.digest == digest(material(Campaign.objects.get(pk=made.pk)))
    assert AuditEvent.objects.filter(action="campaign.concluded").count() == 1
    assert _failing(workload) == set()


def test_the_bar_stands_before_the_test(workload: Workload) -> None:
    made = _start(workload)

    assert made.criteria_set.locked_at < made.started_at


def test_without_a_lock_nothing_is_tested() -> None:
    workload = phase_four.workload("go_no_go")

    with pytest.raises(NotReady, match="Lock the criteria first"):
        _start(workload)
    assert phase_four.started() == []


def test_without_a_build_nothing_is_tested() -> None:
    workload = phase_four.workload("build")
    factory.write(workload)
    factory.lock(workload)

    with pytest.raises(NotReady, match="Make the build"):
        _start(workload)


def test_a_golden_dataset_that_moved_on_asks_for_new_criteria(workload: Workload) -> None:
    phase_four.move_dataset(current_cycle(workload), 2)

    with pytest.raises(NotReady, match="golden dataset has changed"):
        _start(workload)


def test_a_golden_dataset_that_moves_on_later_undoes_the_verdict(workload: Workload) -> None:
    factory.campaign(workload)

    phase_four.move_dataset(current_cycle(workload), 2)

    assert _failing(workload) == {"campaign_complete"}


def test_a_category_that_nobody_can_test_stops_the_start(
    workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "_executors", {})

    with pytest.raises(NotReady, match="can test evaluation"):
        _start(workload)
    assert not Campaign.objects.exists()


def test_an_executor_that_fails_leaves_no_campaign(
    workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(actor: Any, campaign: Any) -> Any:
        raise NotReady("The model has no price.")

    monkeypatch.setitem(evidence._executors, "evaluation", refuse)

    with pytest.raises(NotReady, match="no price"):
        _start(workload)
    assert not Campaign.objects.exists()
    assert not AuditEvent.objects.filter(action="campaign.started").exists()


def test_one_campaign_tests_at_a_time(workload: Workload) -> None:
    _start(workload)

    with pytest.raises(Conflict) as refused:
        _start(workload)

    assert refused.value.code == "testing"


@pytest.mark.parametrize("reason", ["", "again", "x" * 401, "null \x00 in a long enough reason"])
def test_an_unchanged_build_is_tested_again_only_for_a_reason(
    workload: Workload, reason: str
) -> None:
    factory.campaign(workload, p95_latency=factory.NONE)

    with pytest.raises(Invalid):
        _start(workload, reason)


def test_reruns_of_an_unchanged_build_are_limited_and_all_kept(workload: Workload) -> None:
    # given a build that was tested and then, with a reason, three times again
    factory.campaign(workload, p95_latency=factory.NONE)
    for _ in range(3):
        factory.measure(_start(workload, WHY), p95_latency=factory.NONE)

    # when it is to be tested a fifth time
    with pytest.raises(Conflict) as refused:
        _start(workload, WHY)

    # then it is refused, every attempt is there, and a new build may be tested
    assert refused.value.code == "too_many_reruns"
    assert list(Campaign.objects.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
        3,
        4,
    ]
    build_factory.make(workload, retention_days=7)
    assert _start(workload).number == 5


def test_a_newer_build_needs_its_own_test(workload: Workload) -> None:
    factory.campaign(workload)

    build_factory.make(workload, retention_days=7)

    assert "campaign_complete" in _failing(workload)


def test_a_campaign_that_breaks_off_has_no_verdict_and_may_start_again(workload: Workload) -> None:
    made = _start(workload)

    services.break_off_campaign(campaign=made, reason="run 7: budget reached")
    services.break_off_campaign(campaign=made, reason="told twice")

    made.refresh_from_db()
    assert (made.state, made.verdict) == (CampaignState.FAILED, CampaignVerdict.INCOMPLETE)
    assert made.state_reason == "run 7: budget reached"
    assert AuditEvent.objects.filter(action="campaign.broken_off").count() == 1
    assert _failing(workload) == {"campaign_complete", "verdict_go"}
    assert _start(workload).number == 2


def test_nothing_is_recorded_for_a_campaign_that_is_over(workload: Workload) -> None:
    made = factory.campaign(workload)

    with pytest.raises(Conflict) as refused:
        factory.measure(made)

    assert refused.value.code == "not_testing"
    assert Execution.objects.count() == 3


def test_evidence_may_come_in_parts_and_only_the_last_concludes(workload: Workload) -> None:
    made = _start(workload)
    factory.measure(made, p95_latency=None)
    assert made.state == CampaignState.TESTING

    late = made.criteria_set.criteria.get(title="p95 latency")
    services.record_executions(
        campaign=made, seen=[Seen(late.pk, factory.PASSING["p95 latency"], {})]
    )

    made.refresh_from_db()
    assert made.verdict == CampaignVerdict.GO


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_a_figure_that_is_no_number_is_not_a_figure(workload: Workload, odd: float) -> None:
    measured = Measurement(value=odd, n=100, low=odd, high=odd)

    made = factory.campaign(workload, p95_latency=measured)

    seen = Execution.objects.get(criterion__title="p95 latency")
    assert made.verdict == CampaignVerdict.NO_GO
    assert (seen.verdict, seen.value) == ("inconclusive", None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE workloads_reviews_execution SET verdict = 'pass'",
        "DELETE FROM workloads_reviews_execution",
        "UPDATE workloads_reviews_campaign SET verdict = 'go'",
        "UPDATE workloads_reviews_campaign SET digest = 'x'",
        "DELETE FROM workloads_reviews_campaign",
    ],
)
def test_the_database_refuses_to_change_what_was_seen(workload: Workload, sql: str) -> None:
    factory.campaign(workload, p95_latency=factory.NONE)

    with (
        pytest.raises(ProgrammingError, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_only_the_team_starts(workload: Workload) -> None:
    for person in (people.stranger(), people.reviewer("risk"), people.auditor()):
        with pytest.raises(Forbidden):
            services.start_campaign(actor=person, workload=workload)
