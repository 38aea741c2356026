"""Cancelling, pausing, resuming a run and raising its cap, with a driver at work and without."""

import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from evaluations.runs import services
from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.enums import RunState
from evaluations.runs.models import Result, Run
from evaluations.runs.planning import estimate
from portal.common.errors import Conflict, Forbidden, Invalid
from portal.common.money import from_micro
from tests.factories import people, runs
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)
Driving = Callable[..., Drive]


def when_called(gateway: StubGateway, number: int, act: Callable[[], object]) -> threading.Thread:
    """Do ``act`` in another thread as soon as the gateway was called so often."""

    def wait() -> None:
        while gateway.count() < number:
            time.sleep(0.005)
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_queued_run_is_cancelled_at_once() -> None:
    scene = runs.scene(3, ("alpha",))
    run = services.cancel_run(actor=scene.owner, run=scene.start())
    assert (run.state, run.skipped_count) == (RunState.CANCELLED, 3)
    with pytest.raises(Conflict) as refused:
        services.cancel_run(actor=scene.owner, run=run)
    assert refused.value.code == "not_running"
    assert violations(run) == []


def test_a_new_cap_that_rounds_to_the_old_one_is_refused_beside_its_field() -> None:
    scene = runs.scene(3, ("alpha",))
    run = scene.start(cap=Decimal(1))
    with pytest.raises(Invalid) as refused:
        services.raise_budget(actor=scene.owner, run=run, cap=Decimal("1.0000001"))
    assert [(e.field, e.code) for e in refused.value.errors] == [("cap", "out_of_range")]
    assert (
        services.raise_budget(actor=scene.owner, run=run, cap=Decimal("1.000001")).cap_micro
        == 1_000_001
    )


def test_cancelling_half_way_makes_no_new_call_and_keeps_the_cost(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a run of 100 calls of 50 ms, 4 at a time
    gateway.behave("alpha", "latency=50")
    scene = runs.scene(100, ("alpha",))
    run = scene.start(concurrency=4)
    # when it is cancelled after 30 calls
    moments: list[float] = []

    def cancel() -> None:
        services.cancel_run(actor=scene.owner, run=run)
        moments.append(time.monotonic())

    thread = when_called(gateway, 30, cancel)
    drive(run)
    thread.join()
    # then no call started later than a second after, every call that was made has its result
    assert run.state == RunState.CANCELLED
    assert max(call.at for call in gateway.calls) < moments[0] + 1.0
    assert Result.objects.filter(run=run).count() == gateway.count() < 100
    assert run.spent_micro == sum(r.cost_micro for r in Result.objects.filter(run=run)) > 0
    assert violations(run) == []


def test_a_paused_run_goes_on_with_what_is_left(gateway: StubGateway, drive: Driving) -> None:
    gateway.behave("alpha", "latency=30")
    scene = runs.scene(60, ("alpha",))
    run = scene.start(concurrency=4)
    thread = when_called(gateway, 20, lambda: services.pause_run(actor=scene.owner, run=run))
    drive(run)
    thread.join()
    assert run.state == RunState.PAUSED
    assert run.reserved_micro == 0
    before = gateway.count()
    assert before < 60
    # when it is resumed
    services.resume_run(actor=scene.owner, run=run)
    drive(run)
    # then it completes, and nothing was asked twice
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 60
    assert violations(run) == []


def test_a_run_stops_at_its_budget_and_goes_on_with_a_higher_one(
    gateway: StubGateway, drive: Driving
) -> None:
    # given answers of nearly the full length, and a cap that is worth some of them
    gateway.behave("alpha", f"text={'word ' * 48}")
    scene = runs.scene(60, ("alpha",))
    worst = planned_worst(scene)
    run = scene.start(cap=worst * Decimal("0.4"), concurrency=4)
    # when it is driven
    drive(run)
    # then it stopped within the cap, with the reason and the rest counted
    assert run.state == RunState.BUDGET_STOPPED
    assert 0 < run.spent_micro <= run.cap_micro
    assert run.reason
    done = run.done_count
    assert 0 < done < 60
    assert run.skipped_count == 60 - done
    assert violations(run) == []
    # when the cap is raised
    services.raise_budget(actor=scene.owner, run=run, cap=worst * 2)
    drive(run)
    # then only the rest was asked
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 60
    assert violations(run) == []


def planned_worst(scene: runs.Scene) -> Decimal:
    return estimate(scene.plan()).worst_case


def test_a_cap_too_small_for_one_call_stops_before_any(
    gateway: StubGateway, drive: Driving
) -> None:
    run = runs.scene(5, ("alpha",)).start(cap=Decimal("0.000001"))
    drive(run)
    assert run.state == RunState.BUDGET_STOPPED
    assert gateway.count() == 0
    assert (run.done_count, run.skipped_count) == (0, 5)
    assert violations(run) == []


def test_a_cap_is_only_ever_raised() -> None:
    scene = runs.scene(3, ("alpha",))
    run = scene.start(cap=Decimal(5))
    for cap in (Decimal(5), Decimal(1), Decimal(501), Decimal("NaN")):
        with pytest.raises(Invalid):
            services.raise_budget(actor=scene.owner, run=run, cap=cap)
    services.raise_budget(actor=scene.owner, run=run, cap=Decimal(6))
    run.refresh_from_db()
    assert from_micro(run.cap_micro) == Decimal(6)


@pytest.mark.parametrize("act", ["cancel_run", "pause_run", "resume_run"])
def test_strangers_and_auditors_do_not_steer(act: str) -> None:
    run = runs.scene(3, ("alpha",)).start()
    for person in (people.stranger(), people.auditor()):
        with pytest.raises(Forbidden):
            getattr(services, act)(actor=person, run=run)
    assert Run.objects.get(pk=run.pk).state == RunState.QUEUED


def test_what_a_state_does_not_allow_is_a_conflict() -> None:
    scene = runs.scene(3, ("alpha",))
    run = scene.start()
    with pytest.raises(Conflict):
        services.resume_run(actor=scene.owner, run=run)
    services.pause_run(actor=scene.owner, run=run)
    with pytest.raises(Conflict):
        services.pause_run(actor=scene.owner, run=run)
    services.cancel_run(actor=scene.owner, run=Run.objects.get(pk=run.pk))
    with pytest.raises(Conflict):
        services.raise_budget(actor=scene.owner, run=run, cap=Decimal(60))
