"""Claiming leases: work is taken and its worst case reserved in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from evaluations.runs.enums import LeaseState, RunState, Stop
from evaluations.runs.hands import NARROW_AFTER, Claim, Held, Outcome
from evaluations.runs.models import Lease, Run

Estimate = Callable[[int], int]

# Written out: these run with every claim, and what builds a statement costs more than it does.
_READY = """
    SELECT id, first, count, fence, done, deaths, alone, estimate_micro
    FROM evaluations_runs_lease WHERE run_id = %s AND state = 'ready' AND alone = %s
    ORDER BY first LIMIT %s FOR NO KEY UPDATE SKIP LOCKED"""
_GIVEN_UP = """
    SELECT position FROM evaluations_runs_runcandidate WHERE run_id = %s AND stopped_code <> ''"""
_RESERVE = """
    UPDATE evaluations_runs_run SET reserved_micro = reserved_micro + %s
    WHERE id = %s AND state = 'running' AND stop = ''
    AND cap_micro >= spent_micro + reserved_micro + overrun_micro + %s"""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A lease that may be claimed, as `_READY` reads it."""

    id: int
    first: int
    count: int
    fence: int
    done: int
    deaths: int
    alone: bool
    estimate_micro: int


def claim(
    *,
    run_id: UUID,
    owner: str,
    leases: int,
    seconds: float,
    estimate: Estimate,
    finished: Callable[[int, int], frozenset[int]],
    alone: bool = False,
) -> Claim:
    """Take up to ``leases`` leases and reserve their worst case against the cap.

    ``estimate`` gives an item's worst case in micro, ``finished`` the items of a range (first,
    count) that have a result. With ``alone``: one lease of those that must be driven alone.
    """
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_READY, [run_id, alone, 1 if alone else leases])
            found = [_Ready(*row) for row in cursor.fetchall()]
            cursor.execute(_GIVEN_UP, [run_id])
            given_up = frozenset(position for (position,) in cursor.fetchall())
            if not found:
                return _nothing_ready(run_id, given_up, alone=alone)
            suspect = next((x for x in found if x.deaths >= NARROW_AFTER and x.count > 1), None)
            if suspect is not None:
                _split(run_id, suspect, 1, estimate, alone=True, finished=finished)
                continue
            for some in (found, found[:1]):
                if _reserve(cursor, run_id, some):
                    taken = _take(cursor, some, owner, seconds, finished)
                    return Claim(Outcome.TAKEN, taken, given_up)
            run = Run.objects.get(pk=run_id)
            if run.state != RunState.RUNNING or run.stop:
                return Claim(Outcome.STOPPED, (), given_up)
            if run.reserved_micro > 0:
                return Claim(Outcome.WAIT, (), given_up)
            if found[0].count > 1:
                _split(run_id, found[0], found[0].count // 2, estimate, finished=finished)
                continue
            Run.objects.filter(pk=run_id, state=RunState.RUNNING, stop=Stop.NONE).update(
                stop=Stop.BUDGET
            )
            return Claim(Outcome.STOPPED, (), given_up)


def _nothing_ready(run_id: UUID, given_up: frozenset[int], *, alone: bool) -> Claim:
    waiting = (
        not alone
        and Lease.objects.filter(run_id=run_id, state=LeaseState.READY, alone=True).exists()
    )
    still = Run.objects.filter(pk=run_id, state=RunState.RUNNING, stop=Stop.NONE).exists()
    return Claim(Outcome.EMPTY if still else Outcome.STOPPED, (), given_up, waiting)


def _reserve(cursor: Any, run_id: UUID, leases: Sequence[_Ready]) -> bool:
    """Reserve for all of ``leases`` in one conditional UPDATE; False when that is over the cap."""
    total = sum(lease.estimate_micro for lease in leases)
    cursor.execute(_RESERVE, [total, run_id, total])
    return bool(cursor.rowcount)


def _take(
    cursor: Any,
    leases: Sequence[_Ready],
    owner: str,
    seconds: float,
    finished: Callable[[int, int], frozenset[int]],
) -> tuple[Held, ...]:
    cursor.execute(
        "UPDATE evaluations_runs_lease SET state = 'leased', owner = %s, fence = fence + 1,"
        " lease_until = clock_timestamp() + make_interval(secs => %s), skipped = 0,"
        " reserved_micro = estimate_micro WHERE id = ANY(%s)",
        [owner, seconds, [lease.id for lease in leases]],
    )
    return tuple(
        Held(
            lease.id,
            lease.first,
            lease.count,
            lease.fence + 1,
            lease.deaths,
            lease.alone,
            finished(lease.first, lease.count) if lease.done else frozenset(),
        )
        for lease in leases
    )


def _split(
    run_id: UUID,
    lease: _Ready,
    size: int,
    estimate: Estimate,
    *,
    finished: Callable[[int, int], frozenset[int]],
    alone: bool = False,
) -> None:
    """Cut a ready lease into leases of ``size`` items."""
    ended = finished(lease.first, lease.count) if lease.done else frozenset()
    pieces = []
    for first in range(lease.first, lease.first + lease.count, size):
        items = range(first, min(first + size, lease.first + lease.count))
        done = sum(1 for item in items if item in ended)
        pieces.append(
            Lease(
                run_id=run_id,
                first=first,
                count=len(items),
                state=LeaseState.DONE if done == len(items) else LeaseState.READY,
                fence=lease.fence,
                done=done,
                estimate_micro=sum(estimate(i) for i in items if i not in ended),
                deaths=0 if alone else lease.deaths,
                alone=alone or lease.alone,
            )
        )
    Lease.objects.filter(pk=lease.id).delete()
    Lease.objects.bulk_create(pieces)
