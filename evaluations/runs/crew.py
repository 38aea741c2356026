"""Who drives a run, and how its concurrency is shared among them.

A driver raises its slots only into what the others have given up, so that all of them together
never have more calls in flight than the run allows.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from evaluations.runs.enums import LeaseState, RunState
from evaluations.runs.hands import Beat, Held
from evaluations.runs.models import Driver, Run

MOST_DRIVERS = 2
# One driver keeps some 500 calls a second in flight; below this many items, starting a second one
# costs more than it brings.
ITEMS_PER_DRIVER = 500


def wanted(planned: int) -> int:
    """Return how many drivers a run of ``planned`` items shall have."""
    return max(1, min(MOST_DRIVERS, planned // ITEMS_PER_DRIVER))


def join(*, run_id: UUID, owner: str, seconds: float) -> bool:
    """Become a driver of the run; False when it has enough of them or is not to be driven."""
    with transaction.atomic(), connection.cursor() as cursor:
        run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
        if run is None or run.state != RunState.RUNNING or run.stop:
            return False
        cursor.execute(
            "DELETE FROM evaluations_runs_driver WHERE run_id = %s"
            " AND seen_until < clock_timestamp()",
            [run_id],
        )
        if Driver.objects.filter(run_id=run_id, leaving=False).count() >= wanted(run.planned):
            return False
        cursor.execute(
            "INSERT INTO evaluations_runs_driver (run_id, owner, slots, leaving, seen_until)"
            " VALUES (%s, %s, 0, false, clock_timestamp() + make_interval(secs => %s))",
            [run_id, owner, seconds],
        )
    return True


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
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        cursor.execute(
            "UPDATE evaluations_runs_driver SET leaving = %s,"
            " seen_until = clock_timestamp() + make_interval(secs => %s) WHERE owner = %s",
            [leaving, seconds, owner],
        )
        running = run.state == RunState.RUNNING and not run.stop
        drivers = list(Driver.objects.filter(run_id=run_id).order_by("pk"))
        me = next((d for d in drivers if d.owner == owner), None)
        if me is None:
            return Beat(False, 0, True, frozenset(ids) - kept)
        fair = 0 if leaving else _fair_share(run.concurrency, drivers, me)
        free = run.concurrency - sum(d.slots for d in drivers if d is not me)
        slots = max(fair, in_flight) if me.slots > fair else max(me.slots, min(fair, free))
        if slots != me.slots:
            Driver.objects.filter(pk=me.pk).update(slots=slots)
        return Beat(running, slots, slots == fair, frozenset(ids) - kept)


def _fair_share(concurrency: int, drivers: Sequence[Driver], me: Driver) -> int:
    staying = [d for d in drivers if not d.leaving]
    share, rest = divmod(concurrency, len(staying) or 1)
    return share + (1 if staying.index(me) < rest else 0)


def leave(*, owner: str) -> None:
    """Stop being a driver."""
    Driver.objects.filter(owner=owner).delete()
