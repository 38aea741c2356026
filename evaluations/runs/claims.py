"""Claiming leases: work is taken and its worst case reserved in one transaction."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from evaluations.runs.enums import LeaseState, RunState, Stop
from evaluations.runs.hands import NARROW_AFTER, Claim, Held, Outcome
from evaluations.runs.models import Lease, Run, RunCandidate

Estimate = Callable[[int], int]


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
        with transaction.atomic():
            found = list(
                Lease.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(run_id=run_id, state=LeaseState.READY, alone=alone)
                .order_by("first")[: 1 if alone else leases]
            )
            given_up = frozenset(
                RunCandidate.objects.filter(run_id=run_id)
                .exclude(stopped_code="")
                .values_list("position", flat=True)
            )
            if not found:
                waiting = (
                    not alone
                    and Lease.objects.filter(
                        run_id=run_id, state=LeaseState.READY, alone=True
                    ).exists()
                )
                still = Run.objects.filter(pk=run_id, state=RunState.RUNNING, stop=Stop.NONE)
                outcome = Outcome.EMPTY if still.exists() else Outcome.STOPPED
                return Claim(outcome, (), given_up, waiting)
            suspect = next((x for x in found if x.deaths >= NARROW_AFTER and x.count > 1), None)
            if suspect is not None:
                _split(suspect, 1, estimate, alone=True, finished=finished)
                continue
            took = _reserve(run_id, found) or (len(found) > 1 and _reserve(run_id, found[:1]))
            if took:
                taken = found if took == len(found) else found[:1]
                return Claim(Outcome.TAKEN, _take(taken, owner, seconds, finished), given_up)
            run = Run.objects.get(pk=run_id)
            if run.state != RunState.RUNNING or run.stop:
                return Claim(Outcome.STOPPED, (), given_up)
            if run.reserved_micro > 0:
                return Claim(Outcome.WAIT, (), given_up)
            if found[0].count > 1:
                _split(found[0], found[0].count // 2, estimate, finished=finished)
                continue
            Run.objects.filter(pk=run_id, state=RunState.RUNNING, stop=Stop.NONE).update(
                stop=Stop.BUDGET
            )
            return Claim(Outcome.STOPPED, (), given_up)


def _reserve(run_id: UUID, leases: Sequence[Lease]) -> int:
    """Reserve for all of ``leases`` in one conditional UPDATE; return how many, or 0."""
    total = sum(lease.estimate_micro for lease in leases)
    changed = Run.objects.filter(
        pk=run_id,
        state=RunState.RUNNING,
        stop=Stop.NONE,
        cap_micro__gte=F("spent_micro") + F("reserved_micro") + F("overrun_micro") + total,
    ).update(reserved_micro=F("reserved_micro") + total)
    return len(leases) if changed else 0


def _take(
    leases: Sequence[Lease],
    owner: str,
    seconds: float,
    finished: Callable[[int, int], frozenset[int]],
) -> tuple[Held, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_runs_lease SET state = 'leased', owner = %s, fence = fence + 1,"
            " lease_until = clock_timestamp() + make_interval(secs => %s), skipped = 0,"
            " reserved_micro = estimate_micro WHERE id = ANY(%s)",
            [owner, seconds, [lease.pk for lease in leases]],
        )
    return tuple(
        Held(
            lease.pk,
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
    lease: Lease,
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
                run_id=lease.run_id,
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
    lease.delete()
    Lease.objects.bulk_create(pieces)
