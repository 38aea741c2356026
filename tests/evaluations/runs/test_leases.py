"""Leases and the ledger by themselves: nothing is taken twice, nothing is spent twice."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from evaluations.runs import claims, crew, ledger
from evaluations.runs.checking import violations
from evaluations.runs.driver import Drive
from evaluations.runs.enums import LeaseState, RunState
from evaluations.runs.hands import GIVE_UP_AFTER, NARROW_AFTER, Claim, Held, Outcome, Row
from evaluations.runs.models import Driver, Lease, Result, Run
from evaluations.runs.outcomes import Recorder, Work
from evaluations.runs.plan import RunPlan
from evaluations.runs.runtime import Workbench, workbench
from evaluations.runs.services import begin_run, cancel_run, close_run, sweep
from tests.factories import runs
from tests.factories.racing import at_once
from tests.stubs.gateway import StubGateway

pytestmark = pytest.mark.django_db(transaction=True)
Driving = Callable[..., Drive]


def begun(run: Run) -> tuple[Run, Workbench]:
    started = begin_run(run_id=run.pk)
    assert started is not None
    return started, workbench(RunPlan.from_json(started.plan))


def take(run: Run, bench: Workbench, owner: str, leases: int = 1, **more: Any) -> Claim:
    return claims.claim(
        run_id=run.pk,
        owner=owner,
        leases=leases,
        seconds=30.0,
        estimate=bench.estimate,
        finished=lambda first, count: frozenset(),
        **more,
    )


def rows_of(run: Run, bench: Workbench, held: Held) -> list[Row]:
    recorder = Recorder(bench, run.pk, list(run.candidates.values_list("pk", flat=True)))
    found = []
    for index in range(held.first, held.first + held.count):
        place = bench.order.place(index)
        work = Work(
            index,
            str(index),
            place.candidate,
            place.example,
            place.repeat,
            held.id,
            held.fence,
            bench.estimate(index),
        )
        found.append(recorder.failed(work, "timeout", "too slow", billed=True))
    return found


def test_many_drivers_at_once_never_get_the_same_item() -> None:
    # given a run of 200 items and eight drivers
    run, bench = begun(runs.scene(100).start())
    taken: list[Held] = []

    # when all of them claim until nothing is left
    def claim_all(place: int) -> None:
        while True:
            claim = take(run, bench, f"driver {place}", 2)
            if claim.outcome is not Outcome.TAKEN:
                return
            taken.extend(claim.leases)

    raised = at_once([partial(claim_all, place) for place in range(8)])
    # then every item was handed out, once
    assert raised == []
    items = [i for held in taken for i in range(held.first, held.first + held.count)]
    assert sorted(items) == list(range(200))


def test_many_reservations_at_once_never_pass_the_cap() -> None:
    # given a cap that is worth 40 % of the worst case, and 16 drivers
    scene = runs.scene(100)
    worst = workbench(scene.plan()).estimates()
    cap = Decimal(sum(worst)) * Decimal("0.4") / 1_000_000
    run, bench = begun(scene.start(cap=cap.quantize(Decimal("0.000001"))))

    def claim_some(place: int) -> None:
        for _ in range(10):
            take(run, bench, f"driver {place}", 1)

    # when they claim as fast as they can
    raised = at_once([partial(claim_some, place) for place in range(16)])
    # then what is reserved stands on leases and stays under the cap
    assert raised == []
    run.refresh_from_db()
    assert 0 < run.reserved_micro <= run.cap_micro
    held = Lease.objects.filter(run=run, state=LeaseState.LEASED)
    assert held.aggregate(s=Sum("reserved_micro"))["s"] == run.reserved_micro
    assert violations(run) == []


def test_a_write_that_is_repeated_counts_once() -> None:
    # given a driver whose connection was lost after the commit
    run, bench = begun(runs.scene(20, ("alpha",)).start())
    held = take(run, bench, "driver").leases[0]
    rows = rows_of(run, bench, held)
    first = ledger.write(run_id=run.pk, rows=rows)
    # when it writes the same rows again
    again = ledger.write(run_id=run.pk, rows=rows)
    # then nothing is there twice and nothing was paid twice
    assert first.results == held.count
    assert again.results == 0
    assert Result.objects.filter(run=run).count() == held.count
    assert violations(run) == []


def test_a_driver_that_lost_its_lease_writes_nothing() -> None:
    # given a lease that was taken from a driver that seemed dead, and claimed by another
    run, bench = begun(runs.scene(10, ("alpha",)).start())
    old = take(run, bench, "first").leases[0]
    expire(run.pk)
    ledger.take_from_the_dead(run_id=run.pk)
    new = take(run, bench, "second").leases[0]
    assert new.id == old.id
    assert new.fence > old.fence
    # when the first one comes back with its results
    written = ledger.write(run_id=run.pk, rows=rows_of(run, bench, old))
    # then they are dropped, its reservation having been booked, and the second one's count
    assert written.results == 0
    assert written.stale == {old.id}
    assert ledger.write(run_id=run.pk, rows=rows_of(run, bench, new)).results == 10
    assert violations(run) == []


def expire(run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_runs_lease SET lease_until = clock_timestamp() - interval '1 s'"
            " WHERE run_id = %s AND state = 'leased'",
            [run_id],
        )
        cursor.execute(
            "UPDATE evaluations_runs_driver SET seen_until = clock_timestamp() - interval '1 s'"
            " WHERE run_id = %s",
            [run_id],
        )


def test_what_a_dead_driver_had_reserved_is_booked_as_spent() -> None:
    run, bench = begun(runs.scene(10, ("alpha",)).start())
    held = take(run, bench, "driver").leases[0]
    expire(run.pk)
    assert ledger.take_from_the_dead(run_id=run.pk) == 1
    run.refresh_from_db()
    expected = sum(bench.estimate(i) for i in range(held.first, held.first + held.count))
    assert (run.reserved_micro, run.spent_micro, run.booked_micro) == (0, expected, expected)
    assert Lease.objects.get(pk=held.id).deaths == 1
    assert violations(run) == []


@pytest.mark.parametrize("expelled", [True, False])
def test_a_driver_that_seemed_dead_leaves_nothing_to_wait_for(
    gateway: StubGateway, drive: Driving, expelled: bool
) -> None:
    # given a driver that has all of a run in its hands
    gateway.behave("alpha", "latency=500")
    run = runs.scene(8, ("alpha",)).start(concurrency=8)

    def rob() -> None:
        while gateway.count() < 8:
            time.sleep(0.005)
        # when its leases are taken, with its own place or without it
        expire(run.pk)
        if not expelled:
            Driver.objects.filter(run=run).update(seen_until=run.created_at + timedelta(hours=1))
        ledger.take_from_the_dead(run_id=run.pk)
        connection.close()

    thread = threading.Thread(target=rob)
    thread.start()
    drove = drive(run, lease=30.0, seconds=20.0)
    thread.join()
    # then it goes on, or asks for a successor instead of leaving that to the sweeper
    assert drove.left_over
    if not expelled:
        assert (run.state, gateway.count()) == (RunState.COMPLETE, 16)
    else:
        assert run.state == RunState.RUNNING
        assert Lease.objects.filter(run=run, state="ready").exists()
    assert violations(run) == []


def test_what_kills_its_drivers_is_found_and_the_rest_finishes(
    gateway: StubGateway, drive: Driving
) -> None:
    # given a run one lease of which was in the hands of every driver that died
    run, bench = begun(runs.scene(10, ("alpha",)).start())
    for _ in range(NARROW_AFTER):
        take(run, bench, "dying")
        expire(run.pk)
        ledger.take_from_the_dead(run_id=run.pk)
    # and one of its items, driven alone, kills its driver again and again
    assert take(run, bench, "dying").alone_waiting
    poison = take(run, bench, "dying", alone=True).leases[0]
    for _ in range(GIVE_UP_AFTER):
        expire(run.pk)
        ledger.take_from_the_dead(run_id=run.pk)
        assert take(run, bench, "dying", alone=True).leases[0].first == poison.first
    expire(run.pk)
    ledger.take_from_the_dead(run_id=run.pk)
    # when a driver comes that survives
    drive(run)
    # then that item is an error and all others have answers
    assert run.state == RunState.COMPLETE
    crashed = Result.objects.get(run=run, error_class="worker_crashed")
    assert crashed.revision_id == bench.examples[poison.first].revision_id
    assert run.done_count == 9
    assert gateway.count() == 9
    assert violations(run) == []


def test_slots_of_drivers_are_shared_and_never_exceed_the_concurrency(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crew, "ITEMS_PER_DRIVER", 10)
    # given a run with 16 slots and one driver that uses 12 of them
    run, _ = begun(runs.scene(60).start(concurrency=16))

    def beat(owner: str, in_flight: int, *, leaving: bool = False) -> int:
        return crew.beat(
            run_id=run.pk, owner=owner, leases=[], in_flight=in_flight, leaving=leaving, seconds=30
        ).slots

    assert crew.join(run_id=run.pk, owner="first", seconds=30)
    assert beat("first", 0) == 16
    # when a second one joins, it waits for what the first gives up: four it can do without, and
    # what is in flight beyond its share it keeps until it has ended
    assert crew.join(run_id=run.pk, owner="second", seconds=30)
    assert beat("second", 0) == 0
    assert beat("first", 12) == 8
    assert beat("second", 0) == 4
    assert beat("first", 5) == 8
    assert beat("second", 4) == 8
    # then a third is turned away, and whoever stays gets what a leaving one sets free
    assert not crew.join(run_id=run.pk, owner="third", seconds=30)
    assert beat("first", 3, leaving=True) == 0
    assert beat("second", 8) == 13
    crew.leave(owner="first")
    assert beat("second", 8) == 16
    assert violations(run) == []


def test_two_drivers_share_a_run(
    gateway: StubGateway, drive: Driving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "ITEMS_PER_DRIVER", 10)
    # given calls so slow that the second driver is there long before the first is done
    gateway.behave("alpha", "latency=250")
    run = runs.scene(100, ("alpha",)).start(concurrency=8)
    shares: list[int] = []
    raised = at_once([lambda: shares.append(drive(Run.objects.get(pk=run.pk)).written)] * 2)
    assert raised == []
    run.refresh_from_db()
    assert run.state == RunState.COMPLETE
    assert sum(shares) == 100
    assert min(shares) > 0
    assert gateway.count() == 100
    assert violations(run) == []


def test_a_driver_hands_over_after_its_time(gateway: StubGateway, drive: Driving) -> None:
    # given a run that takes longer than one driver drives
    gateway.behave("alpha", "latency=100")
    run = runs.scene(40, ("alpha",)).start(concurrency=4)
    # when the first one's time is over
    first = drive(run, seconds=0.3)
    # then it gave back what it had not begun, and the next one does only the rest
    assert first.left_over
    assert run.state == RunState.RUNNING
    assert run.reserved_micro == 0
    drive(run)
    assert run.state == RunState.COMPLETE
    assert gateway.count() == 40
    assert violations(run) == []


def test_the_sweeper_mends_what_the_dead_and_lost_messages_left() -> None:
    # given a run with work in the hands of a driver, and no driver on its way
    run, bench = begun(runs.scene(20, ("alpha",)).start())
    held = take(run, bench, "dying").leases[0]
    assert sweep() == 0  # its first messages may still wait in the queue
    Run.objects.filter(pk=run.pk).update(nudged_at=run.created_at - timedelta(minutes=5))
    # when the sweeper comes, it sends a driver, and no second one right after
    assert sweep() == 1
    assert sweep() == 0
    assert Lease.objects.get(pk=held.id).state == LeaseState.LEASED
    # and when the driver is dead, its lease is ready again
    expire(run.pk)
    sweep()
    assert Lease.objects.get(pk=held.id).state == LeaseState.READY
    assert violations(run) == []


def test_the_sweeper_ends_a_cancelled_run_whose_driver_died() -> None:
    scene = runs.scene(20, ("alpha",))
    run, bench = begun(scene.start())
    take(run, bench, "dying")
    assert cancel_run(actor=scene.owner, run=run).state == RunState.RUNNING
    expire(run.pk)
    sweep()
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert close_run(run_id=run.pk) is None
    assert violations(run) == []


def test_a_run_that_stands_still_is_found() -> None:
    # given a run that began an hour ago, and that nobody drives
    run, _ = begun(runs.scene(3, ("alpha",)).start())
    assert violations(run) == []
    long_ago = run.created_at - timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(started_at=long_ago, nudged_at=long_ago)
    # then the check says so, and since when
    (found,) = violations(run)
    assert found.invariant == "I4 a run under way does not stand still"
    assert found.detail.startswith(f"nothing since {long_ago:%Y-%m-%d %H:%M}")
    # and so it does of steps that nobody wrote down
    Run.objects.filter(pk=run.pk).update(nudged_at=run.created_at, started_at=None)
    assert [one.invariant[:3] for one in violations(run)] == ["I12"]


def test_a_broken_invariant_is_found() -> None:
    # given a run whose ledger somebody changed by hand
    run, _ = begun(runs.scene(3, ("alpha",)).start())
    Run.objects.filter(pk=run.pk).update(spent_micro=5)
    # then the check says so, of this run and of all
    assert [v.invariant for v in violations(run)] == [
        "I3 what is spent is what results cost and what was booked"
    ]
    assert [v.run_id for v in violations()] == [run.pk]
    with pytest.raises(CommandError, match="1 rules broken in 1 runs"):
        call_command("check_runs", stderr=StringIO())
    with pytest.raises(CommandError):
        call_command("check_runs", run.workload.ref, stderr=StringIO())
