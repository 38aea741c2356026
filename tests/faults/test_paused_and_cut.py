"""Workers that stand still, databases that go away, schedulers that run twice, ends that race."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest
from celery import current_app
from django.db import connection

from evaluations.runs import services
from evaluations.runs.enums import RunState
from evaluations.runs.models import Driver, Lease, Result, Run
from portal.audit.models import AuditEvent
from portal.common.errors import Conflict
from tests.evaluations.runs.rows import completed, moved
from tests.factories import runs
from tests.faults.conftest import Workers, each_seed, ended, wait_for, whole
from tests.faults.cutter import Cutter
from tests.stubs.gateway import StubGateway

SLOTS = 8
ROUNDS = 100

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@each_seed
def test_a_worker_that_stood_still_longer_than_its_lease_writes_nothing_late(
    workers: Workers, gateway: StubGateway, seed: int
) -> None:
    # given a run that one worker drives, alone
    gateway.behave("alpha", "latency=80")
    first = workers.worker(children=1)
    run = runs.scene(120, ("alpha",)).start(concurrency=SLOTS)
    moment = random.Random(seed).randint(1, 90)
    wait_for(lambda: gateway.count() >= moment)
    # when its child stands still, past its lease, while another worker takes over
    (child,) = workers.children(first)
    os.kill(child, signal.SIGSTOP)
    try:
        workers.worker(children=1)
        workers.sweeper()
        wait_for(lambda: ended(run))
        whole(run, 120)
        before = list(Result.objects.filter(run=run).order_by("id").values())
        cost = (run.spent_micro, run.booked_micro, run.overrun_micro)
    finally:
        os.kill(child, signal.SIGCONT)
    # then what it still had in hand changes nothing, once it goes on
    time.sleep(4)
    assert list(Result.objects.filter(run=run).order_by("id").values()) == before
    run.refresh_from_db()
    assert (run.spent_micro, run.booked_micro, run.overrun_micro) == cost
    whole(run, 120)
    assert gateway.count() <= 120 + 3 * SLOTS


def test_two_schedulers_send_no_more_drivers_than_a_run_wants(
    workers: Workers, gateway: StubGateway
) -> None:
    # given two schedulers, a queue that lost the run's message, and two workers
    gateway.behave("alpha", "latency=40")
    workers.beat()
    workers.beat()
    workers.worker(children=2)
    run = runs.scene(150, ("alpha",)).start(concurrency=SLOTS)
    current_app.control.purge()
    most = 0
    # when the run is driven
    while not ended(run):
        most = max(most, Driver.objects.filter(run=run).count())
        time.sleep(0.05)
    # then each item was asked once, by one driver, and published once
    whole(run, 150)
    assert gateway.count() == 150
    assert most == 1
    assert AuditEvent.objects.filter(action="run.complete", subject_ref=str(run.pk)).count() == 1


def test_cancelling_and_finishing_at_once_end_a_run_in_one_way(
    gateway: StubGateway, rows_by_hand: None
) -> None:
    # given runs of which everything has ended but that nobody has closed yet
    scene = runs.scene(2, ("alpha",))
    seen: dict[str, int] = {}
    for _ in range(ROUNDS):
        run = scene.start()
        completed(run)
        leases = Lease.objects.filter(run=run)
        for lease in leases:
            leases.filter(pk=lease.pk).update(state="done", done=lease.count, estimate_micro=0)
        moved(run, state="running", finished_at=None, done_count=0)
        # when the last finisher closes it while its owner cancels it
        refused: list[Conflict] = []
        _race(
            lambda: services.close_run(run_id=run.pk),  # noqa: B023 - joined in this round
            lambda: _cancel(scene, run, refused),  # noqa: B023
        )
        # then one of them came first, and both agree
        run.refresh_from_db()
        assert run.state in (RunState.COMPLETE, RunState.CANCELLED)
        assert (run.state == RunState.COMPLETE) == bool(refused)
        assert (run.stop, run.done_count, run.reserved_micro) == ("", 2, 0)
        ends = AuditEvent.objects.filter(
            subject_ref=str(run.pk), action__in=("run.complete", "run.cancelled")
        )
        assert [one.action for one in ends] == [f"run.{run.state}"]
        seen[run.state] = seen.get(run.state, 0) + 1
    assert sum(seen.values()) == ROUNDS


def _cancel(scene: runs.Scene, run: Run, refused: list[Conflict]) -> None:
    try:
        services.cancel_run(actor=scene.owner, run=run)
    except Conflict as problem:
        refused.append(problem)


def _race(*works: Callable[[], object]) -> None:
    """Do all of it at once, each on a connection of its own; raise what went wrong."""
    barrier = threading.Barrier(len(works))
    problems: list[BaseException] = []

    def take_part(work: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            work()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_part, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if problems:
        raise problems[0]


@each_seed
def test_a_commit_whose_reply_is_lost_is_counted_once(
    workers: Workers, gateway: StubGateway, cutter: Cutter, seed: int
) -> None:
    # given a worker that loses the reply of about every eighth commit
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=40")
    workers.sweeper()
    workers.worker(children=1)
    run = runs.scene(150, ("alpha",)).start(concurrency=SLOTS)
    moment = moments.randint(1, 30)
    wait_for(lambda: gateway.count() >= moment)
    cutter.chance, cutter.cut_one_in = moments, moments.randint(7, 10)
    # when the run is driven to its end
    wait_for(lambda: ended(run), seconds=120)
    # then connections were cut, and each item has one result, at its cost, once
    assert cutter.cuts >= 1
    whole(run, 150)
    cost = sum(Result.objects.filter(run=run).values_list("cost_micro", flat=True))
    assert run.spent_micro + run.overrun_micro - run.booked_micro == cost


@each_seed
def test_a_database_that_goes_away_in_mid_run_loses_no_result(
    workers: Workers, gateway: StubGateway, cutter: Cutter, seed: int
) -> None:
    # given a run under way
    moments = random.Random(seed)
    gateway.behave("alpha", "latency=60")
    workers.sweeper()
    workers.worker(children=1)
    run = runs.scene(120, ("alpha",)).start(concurrency=SLOTS)
    moment = moments.randint(1, 80)
    wait_for(lambda: Result.objects.filter(run=run).count() >= moment)
    # when the database drops every connection and refuses new ones, for less or more than a lease
    cutter.away(True)
    kept = set(Result.objects.filter(run=run).values_list("pk", flat=True))
    time.sleep(moments.uniform(0.5, 4.0))
    cutter.away(False)
    # then nothing that was there is lost, the same workers go on, and the run completes
    wait_for(lambda: ended(run), seconds=120)
    whole(run, 120)
    assert kept <= set(Result.objects.filter(run=run).values_list("pk", flat=True))
    assert gateway.count() <= 120 + 4 * SLOTS
