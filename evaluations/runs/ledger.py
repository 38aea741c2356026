"""The engine's writes: leases, reservations, results and money, each step one transaction.

Locks are taken in one order: lease rows (by id), then the run's row. The clock is the database's.
Everything may be repeated after a lost connection: what was written once is not counted twice.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from evaluations.runs.enums import LeaseState, RunState
from evaluations.runs.hands import RESULT_COLUMNS, SCORE_COLUMNS, Held, Row, Written
from evaluations.runs.models import Driver, Lease, Run, RunCandidate

_RESULT, _SCORE = "evaluations_runs_result", "evaluations_runs_score"
_RESULT_NAMES = ", ".join((*RESULT_COLUMNS, "at"))
_SCORE_NAMES = ", ".join(SCORE_COLUMNS)
# Written out: these run every 50 ms, and what builds a statement costs more than it does.
_HELD = """
    SELECT id, fence, count, done, skipped, estimate_micro, reserved_micro, clock_timestamp()
    FROM evaluations_runs_lease WHERE id = ANY(%s) AND state = 'leased'
    ORDER BY id FOR NO KEY UPDATE"""
_SETTLE_LEASES = """
    UPDATE evaluations_runs_lease l SET done = x.done, skipped = x.skipped,
        estimate_micro = x.estimate, reserved_micro = x.reserved,
        state = CASE WHEN x.over THEN 'done' ELSE l.state END
    FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::boolean[])
        AS x(id, done, skipped, estimate, reserved, over) WHERE l.id = x.id"""
_SETTLE_RUN = """
    UPDATE evaluations_runs_run SET spent_micro = spent_micro + %s,
        booked_micro = booked_micro + %s, overrun_micro = overrun_micro + %s,
        reserved_micro = reserved_micro - %s
    WHERE id = %s RETURNING state = 'running' AND stop = ''"""


@dataclass(slots=True)
class _Standing:
    """A lease while rows are counted into it."""

    id: int
    fence: int
    count: int
    done: int
    skipped: int
    estimate: int
    reserved: int
    at: datetime


def write(*, run_id: UUID, rows: Sequence[Row]) -> Written:
    """Store what ended and settle it: results, scores, leases and money in one transaction.

    Rows of a lease whose fence has moved on are dropped; their cost was booked at its estimate
    when the lease was taken away.
    """
    try:
        return _write(run_id, rows, _insert)
    except IntegrityError:
        # Some of them were written before, by a commit whose answer was lost on its way.
        return _write(run_id, rows, _insert_new)


@transaction.atomic
def _write(run_id: UUID, rows: Sequence[Row], insert: "_Insert") -> Written:
    with connection.cursor() as cursor:
        wanted = {row.lease for row in rows}
        cursor.execute(_HELD, [sorted(wanted)])
        leases = {one[0]: _Standing(*one) for one in cursor.fetchall()}
        good = [r for r in rows if r.lease in leases and leases[r.lease].fence == r.fence]
        stale = frozenset(wanted) - {row.lease for row in good}
        results = [row for row in good if row.result is not None]
        if results:
            new = insert(cursor, results, leases[results[0].lease].at)
            # A row that was there before was counted then, with its cost.
            good = [r for r in good if r.result is None or r.result[0] in new]
        released = _settle(cursor, leases, good)
        cursor.execute(
            _SETTLE_RUN,
            [
                sum(row.charge for row in good),
                sum(row.booked for row in good),
                sum(row.overrun for row in good),
                released,
                run_id,
            ],
        )
        running = bool(cursor.fetchone()[0])
        return Written(sum(row.result is not None for row in good), stale, running)


_Insert = Callable[[Any, Sequence[Row], datetime], Set[str]]


def _insert(cursor: Any, rows: Sequence[Row], at: datetime) -> Set[str]:
    """Store results with their scores; IntegrityError when one of them is there already."""
    _copy(cursor, _RESULT, _RESULT_NAMES, ((*(row.result or ()), at) for row in rows))
    _copy(cursor, _SCORE, _SCORE_NAMES, (score for row in rows for score in row.scores))
    return {row.result[0] for row in rows if row.result is not None}


def _insert_new(cursor: Any, rows: Sequence[Row], at: datetime) -> Set[str]:
    """Store those results, with their scores, that are not there yet; return their ids."""
    cursor.execute(
        f"CREATE TEMPORARY TABLE arrived ON COMMIT DROP AS"  # noqa: S608 - constants only
        f" SELECT {_RESULT_NAMES} FROM {_RESULT} WITH NO DATA"
    )
    _copy(cursor, "arrived", _RESULT_NAMES, ((*(row.result or ()), at) for row in rows))
    cursor.execute(
        f"INSERT INTO {_RESULT} ({_RESULT_NAMES}) SELECT {_RESULT_NAMES} FROM arrived"  # noqa: S608
        " ON CONFLICT DO NOTHING RETURNING id"
    )
    new = {one.hex for (one,) in cursor.fetchall()}
    cursor.execute("DROP TABLE arrived")
    fresh = (r for r in rows if r.result is not None and r.result[0] in new)
    _copy(cursor, _SCORE, _SCORE_NAMES, (score for row in fresh for score in row.scores))
    return new


def _copy(cursor: Any, table: str, names: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows by COPY, a third of the work of an INSERT on either side."""
    with (
        connection.wrap_database_errors,
        cursor.cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _settle(cursor: Any, leases: dict[int, _Standing], rows: Sequence[Row]) -> int:
    """Count the rows into their leases; return how much reservation ended."""
    released = 0
    changed: dict[int, _Standing] = {}
    for row in rows:
        lease = changed.setdefault(row.lease, leases[row.lease])
        if row.result is None:
            lease.skipped = max(lease.skipped, row.skipped)
            continue
        lease.done += 1
        given = min(row.estimate, lease.reserved)
        lease.reserved -= given
        released += given
        lease.estimate = max(0, lease.estimate - row.estimate)
    over = {one.id for one in changed.values() if one.done + one.skipped >= one.count}
    for one in over:
        released += changed[one].reserved
        changed[one].reserved = 0
    found = list(changed.values())
    cursor.execute(
        _SETTLE_LEASES,
        [
            [one.id for one in found],
            [one.done for one in found],
            [one.skipped for one in found],
            [one.estimate for one in found],
            [one.reserved for one in found],
            [one.id in over for one in found],
        ],
    )
    return released


def book_lost(*, run_id: UUID, lease: Held, micro: int) -> bool:
    """Book an attempt without an answer that may be billed; what is reserved is for the next one.

    False when the cap has no room for that, or the lease is no longer ours.
    """
    with transaction.atomic():
        held = Lease.objects.select_for_update(no_key=True).filter(
            pk=lease.id, fence=lease.fence, state=LeaseState.LEASED
        )
        return bool(held) and bool(
            Run.objects.filter(
                pk=run_id,
                state=RunState.RUNNING,
                cap_micro__gte=F("spent_micro") + F("reserved_micro") + F("overrun_micro") + micro,
            ).update(spent_micro=F("spent_micro") + micro, booked_micro=F("booked_micro") + micro)
        )


def give_back(
    *,
    run_id: UUID,
    owner: str,
    leases: Sequence[Held],
    broken_off: bool = False,
    died: bool = False,
) -> int:
    """Return leases that are not finished, with their reservation; return how many.

    ``broken_off``: what was reserved is booked, since calls may have been under way. ``died``: the
    driver failed while it held them, which counts towards driving them alone.
    """
    with transaction.atomic():
        found = list(
            Lease.objects.select_for_update(no_key=True)
            .filter(pk__in=[x.id for x in leases], owner=owner, state=LeaseState.LEASED)
            .order_by("pk")
        )
        fences = {lease.id: lease.fence for lease in leases}
        mine = [lease for lease in found if lease.fence == fences[lease.pk]]
        _make_ready(run_id, mine, booked=broken_off, died=died)
        return len(mine)


def take_from_the_dead(*, run_id: UUID) -> int:
    """Make the leases of drivers that were not heard of ready again; return how many.

    What they had reserved is booked as spent: their calls may have been made.
    """
    with transaction.atomic():
        dead = list(
            Lease.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(run_id=run_id, state=LeaseState.LEASED)
            .extra(where=["lease_until < clock_timestamp()"])
            .order_by("pk")
        )
        _make_ready(run_id, dead, booked=True, died=True)
        Driver.objects.filter(run_id=run_id).extra(
            where=["seen_until < clock_timestamp()"]
        ).delete()
        return len(dead)


def _make_ready(run_id: UUID, leases: Sequence[Lease], *, booked: bool, died: bool) -> None:
    if not leases:
        return
    total = sum(lease.reserved_micro for lease in leases)
    ids = [lease.pk for lease in leases]
    Lease.objects.filter(pk__in=ids).update(
        state=LeaseState.READY,
        owner="",
        lease_until=None,
        reserved_micro=0,
        deaths=F("deaths") + (1 if died else 0),
    )
    spent = total if booked else 0
    Run.objects.filter(pk=run_id).update(
        reserved_micro=F("reserved_micro") - total,
        spent_micro=F("spent_micro") + spent,
        booked_micro=F("booked_micro") + spent,
    )


def give_up_candidate(*, run_id: UUID, position: int, code: str, reason: str) -> bool:
    """Note that no call to a candidate can succeed; return whether this was news."""
    return bool(
        RunCandidate.objects.filter(run_id=run_id, position=position, stopped_code="").update(
            stopped_code=code, stopped_reason=reason[:400]
        )
    )
