"""A driver takes a run from queued to complete, and every item has exactly one result."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Score
from portal.audit.models import AuditEvent
from portal.common.money import from_micro
from tests.factories import runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)
Driving = Callable[..., Drive]


def test_every_item_gets_one_result(gateway: StubGateway, drive: Driving) -> None:
    # given a run of 20 examples and two candidates
    run = runs.scene(20).start()
    # when a driver works on it
    drive(run)
    # then it is complete, each item was asked once, and each result has every score
    assert run.state == RunState.COMPLETE
    assert (run.done_count, run.error_count, run.skipped_count) == (40, 0, 0)
    assert gateway.count() == 40
    assert Result.objects.filter(run=run).count() == 40
    assert Score.objects.filter(result__run=run).count() == 160
    assert violations(run) == []


def test_what_a_result_costs_is_tokens_times_the_pinned_price(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a run whose model becomes dearer after the start
    scene = runs.scene(5, ("alpha",))
    run = scene.start()
    runs.price(scene.entries[0], "1000", "4000")
    # when it is driven
    drive(run)
    # then each result costs its tokens at the price that the plan pins
    for result in Result.objects.filter(run=run):
        assert result.tokens_in
        assert result.tokens_out
        expected = Decimal(result.tokens_in * 1 + result.tokens_out * 4) / 1_000_000
        assert from_micro(result.cost_micro) == expected
    assert run.spent_micro == sum(r.cost_micro for r in Result.objects.filter(run=run))
    assert run.reserved_micro == 0


def test_each_move_of_a_run_leaves_one_audit_event(gateway: StubGateway, drive: Driving) -> None:
    # given and when
    run = runs.scene(3, ("alpha",)).start()
    drive(run)
    # then
    events = AuditEvent.objects.filter(subject_ref=str(run.pk)).order_by("seq")
    assert list(events.values_list("action", flat=True)) == [
        "run.started",
        "run.running",
        "run.complete",
    ]


def test_the_gateways_own_cost_is_taken_when_it_is_higher(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a gateway that reports one cent a call, far above the list price and the worst case
    gateway.behave("alpha", "cost=0.01")
    run = runs.scene(4, ("alpha",)).start()
    # when
    drive(run)
    # then the result says so, and what lies beyond the worst case is kept apart from the cap
    assert {r.cost_micro for r in Result.objects.filter(run=run)} == {10_000}
    assert run.spent_micro + run.overrun_micro == 40_000
    assert violations(run) == []


def test_an_example_without_a_needed_value_is_an_error_and_no_call(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a prompt that needs a variable that no example has
    scene = runs.scene(3, ("alpha",))
    other = runs.prompt(
        scene.owner,
        scene.workload,
        variables=[{"name": "plan", "type": "text", "required": True, "source": "user"}],
        user_template="{{ plan }}",
    )
    run = runs.Scene(scene.owner, scene.workload, scene.version, other, scene.entries).start()
    # when
    drive(run)
    # then
    assert gateway.count() == 0
    assert {r.error_class for r in Result.objects.filter(run=run)} == {"render_error"}
    assert run.error_count == 3


def test_the_calls_of_a_run_never_exceed_its_concurrency(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a gateway that takes 30 ms, and a run that may have 4 calls in flight
    gateway.behave("alpha", "latency=30")
    run = runs.scene(20, ("alpha",)).start(concurrency=4)
    # when
    drive(run)
    # then there were never more than four within the time that one of them takes
    assert run.state == RunState.COMPLETE
    times = sorted(call.at for call in gateway.calls)
    assert max(sum(1 for at in times if start <= at < start + 0.03) for start in times) <= 4
