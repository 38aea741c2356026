"""Who drives a run, and how its concurrency is shared among them.

A driver raises its slots only into what the others have given up, so that all of them together
never have more calls in flight than the run allows. Nothing here has to survive a crash of the
database: who drives is known again at the next beat, and fences guard what was leased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from evaluations.runs.enums import LeaseState, RunState
from evaluations.runs.hands import Beat, Held

MOST_DRIVERS = 2
# One driver keeps more than 1,000 calls a second in flight; below this many items, starting a
# second one costs more than it brings.
ITEMS_PER_DRIVER = 1_000

_NOT_WAITING_FOR_THE_DISK = "SET LOCAL synchronous_commit TO off"


@dataclass(frozen=True, slots=True)
class _Member:
    id: int
    owner: str
    slots: int
    leaving: bool


def wanted(planned: int) -> int:
    """Return how many drivers a run of ``planned`` items shall have."""
    return max(1, min(MOST_DRIVERS, planned // ITEMS_PER_DRIVER))


def join(*, run_id: UUID, owner: str, seconds: float) -> Beat | None:
    """Become a driver of the run; None when it has enough of them or is not to be driven.

    Who comes to a run that nobody drives has all its slots at once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOT_WAITING_FOR_THE_DISK)
        running, concurrency, planned = _locked_run(cursor, run_id)
        if not running:
            return None
        cursor.execute(
            "DELETE FROM evaluations_runs_driver WHERE run_id = %s"
            " AND seen_until < clock_timestamp()",
            [run_id],
        )
        crew = _members(cursor, run_id)
        if sum(not one.leaving for one in crew) >= wanted(planned):
            return None
        cursor.execute(
            "INSERT INTO evaluations_runs_driver (run_id, owner, slots, leaving, seen_until)"
            " VALUES (%s, %s, 0, false, clock_timestamp() + make_interval(secs => %s))"
            " RETURNING id",
            [run_id, owner, seconds],
        )
        me = _Member(cursor.fetchone()[0], owner, 0, False)
        slots, fair = _share(cursor, concurrency, [*crew, me], me, in_flight=0)
        return Beat(True, min(slots, fair), slots == fair, frozenset())


def beat(
    *,
    run_id: UUID,
    owner: str,
    leases: Sequence[Held],
    in_flight: int,
    leaving: bool,
    seconds: float,
) -> Beat:
    """Renew the driver and its leases, and learn its slots and whether the run goes on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOT_WAITING_FOR_THE_DISK)
        ids = [lease.id for lease in leases]
        kept: set[int] = set()
        if ids:
            # In the order of ids, as every other writer takes them.
            cursor.execute(
                "WITH mine AS (SELECT id FROM evaluations_runs_lease WHERE id = ANY(%s)"
                " AND owner = %s AND state = %s ORDER BY id FOR NO KEY UPDATE)"
                " UPDATE evaluations_runs_lease l"
                " SET lease_until = clock_timestamp() + make_interval(secs => %s)"
                " FROM mine WHERE l.id = mine.id RETURNING l.id",
                [ids, owner, LeaseState.LEASED, seconds],
            )
            kept = {one for (one,) in cursor.fetchall()}
        running, concurrency, _ = _locked_run(cursor, run_id)
        cursor.execute(
            "UPDATE evaluations_runs_driver SET leaving = %s,"
            " seen_until = clock_timestamp() + make_interval(secs => %s) WHERE owner = %s",
            [leaving, seconds, owner],
        )
        crew = _members(cursor, run_id)
        me = next((one for one in crew if one.owner == owner), None)
        lost = frozenset(ids) - kept
        if me is None:
            return Beat(False, 0, True, lost)
        slots, fair = _share(cursor, concurrency, crew, me, in_flight=in_flight)
        # Above its share it fills no slot again, and so gives up what its calls in flight hold.
        return Beat(running, min(slots, fair), slots == fair, lost)


def _locked_run(cursor: Any, run_id: UUID) -> tuple[bool, int, int]:
    """Return whether the run goes on, its concurrency and how many items are planned."""
    cursor.execute(
        "SELECT state = %s AND stop = '', concurrency, planned FROM evaluations_runs_run"
        " WHERE id = %s FOR NO KEY UPDATE",
        [RunState.RUNNING, run_id],
    )
    found: tuple[bool, int, int] | None = cursor.fetchone()
    return found or (False, 0, 0)


def _members(cursor: Any, run_id: UUID) -> list[_Member]:
    cursor.execute(
        "SELECT id, owner, slots, leaving FROM evaluations_runs_driver WHERE run_id = %s"
        " ORDER BY id",
        [run_id],
    )
    return [_Member(*row) for row in cursor.fetchall()]


def _share(
    cursor: Any, concurrency: int, crew: Sequence[_Member], me: _Member, *, in_flight: int
) -> tuple[int, int]:
    """Move ``me`` towards its fair share as far as the others allow; return slots and share."""
    fair = 0 if me.leaving else _fair_share(concurrency, crew, me)
    free = concurrency - sum(one.slots for one in crew if one is not me)
    slots = max(fair, in_flight) if me.slots > fair else max(me.slots, min(fair, free))
    if slots != me.slots:
        cursor.execute(
            "UPDATE evaluations_runs_driver SET slots = %s WHERE id = %s", [slots, me.id]
        )
    return slots, fair


def _fair_share(concurrency: int, crew: Sequence[_Member], me: _Member) -> int:
    staying = [one for one in crew if not one.leaving]
    share, rest = divmod(concurrency, len(staying) or 1)
    return share + (1 if staying.index(me) < rest else 0)


def leave(*, owner: str) -> None:
    """Stop being a driver."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOT_WAITING_FOR_THE_DISK)
        cursor.execute("DELETE FROM evaluations_runs_driver WHERE owner = %s", [owner])
