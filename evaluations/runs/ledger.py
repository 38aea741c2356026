"""The engine's writes: leases, reservations, results and money, each step one transaction.

Locks are taken in one order: lease rows (by id), then the run's row. The clock is the database's.
Everything may be repeated after a lost connection: what was written once is not counted twice.
"""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from evaluations.runs.enums import LeaseState, RunState
from evaluations.runs.hands import Held, Row, Written
from evaluations.runs.models import Driver, Lease, Run, RunCandidate

_RESULT = (
    "id uuid, run_id uuid, candidate_id bigint, revision_id uuid, repeat smallint, output text,"
    " finish_reason text, refused boolean, error_class text, error_detail text, tokens_in int,"
    " tokens_cached int, tokens_out int, latency_ms float8, ttft_ms float8, cost_micro bigint,"
    " gateway_cost_micro bigint, resolved_model text, attempts smallint, request_id text,"
    " flags text[]"
)
_RESULT_NAMES = ", ".join(part.split()[0] for part in _RESULT.split(","))
_INSERT_RESULTS = (
    f"INSERT INTO evaluations_runs_result ({_RESULT_NAMES}, at)"  # noqa: S608 - constants only
    f" SELECT {_RESULT_NAMES}, clock_timestamp() FROM json_to_recordset(%s) AS x({_RESULT})"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_SCORE = (
    "result_id uuid, place smallint, metric text, version smallint, outcome text, value float8,"
    " passed boolean, detail text"
)
_SCORE_NAMES = ", ".join(part.split()[0] for part in _SCORE.split(","))
_INSERT_SCORES = (
    f"INSERT INTO evaluations_runs_score ({_SCORE_NAMES})"  # noqa: S608 - constants only
    f" SELECT {_SCORE_NAMES} FROM json_to_recordset(%s) AS x({_SCORE}) ON CONFLICT DO NOTHING"
)


def write(*, run_id: UUID, rows: Sequence[Row]) -> Written:
    """Store what ended and settle it: results, scores, leases and money in one transaction.

    Rows of a lease whose fence has moved on are dropped; their cost was booked at its estimate
    when the lease was taken away.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        wanted = sorted({row.lease for row in rows})
        leases = {
            lease.pk: lease
            for lease in Lease.objects.select_for_update(no_key=True)
            .filter(pk__in=wanted, state=LeaseState.LEASED)
            .order_by("pk")
        }
        good = [r for r in rows if r.lease in leases and leases[r.lease].fence == r.fence]
        stale = frozenset(wanted) - {row.lease for row in good}
        results = [row.result for row in good if row.result is not None]
        inserted: set[str] = set()
        if results:
            cursor.execute(_INSERT_RESULTS, [json.dumps(results)])
            inserted = {str(one) for (one,) in cursor.fetchall()}
        # A row that was there before was counted then, with its cost: a repeated write.
        good = [r for r in good if r.result is None or r.result["id"] in inserted]
        scores = [score for row in good for score in row.scores]
        if scores:
            cursor.execute(_INSERT_SCORES, [json.dumps(scores)])
        released = _settle(leases, good)
        cursor.execute(
            "UPDATE evaluations_runs_run SET spent_micro = spent_micro + %s,"
            " booked_micro = booked_micro + %s, overrun_micro = overrun_micro + %s,"
            " reserved_micro = reserved_micro - %s WHERE id = %s"
            " RETURNING state = 'running' AND stop = ''",
            [
                sum(row.charge for row in good),
                sum(row.booked for row in good),
                sum(row.overrun for row in good),
                released,
                run_id,
            ],
        )
        running = bool(cursor.fetchone()[0])
        return Written(len(inserted), stale, running)


def _settle(leases: dict[int, Lease], rows: Sequence[Row]) -> int:
    """Count the rows into their leases; return how much reservation ended."""
    released = 0
    changed: dict[int, Lease] = {}
    for row in rows:
        lease = changed.setdefault(row.lease, leases[row.lease])
        if row.result is None:
            lease.skipped = max(lease.skipped, row.skipped)
            continue
        lease.done += 1
        given = min(row.estimate, lease.reserved_micro)
        lease.reserved_micro -= given
        released += given
        lease.estimate_micro = max(0, lease.estimate_micro - row.estimate)
    for lease in changed.values():
        if lease.done + lease.skipped >= lease.count:
            lease.state = LeaseState.DONE
            released += lease.reserved_micro
            lease.reserved_micro = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_runs_lease l SET done = x.done, skipped = x.skipped,"
            " reserved_micro = x.reserved_micro, estimate_micro = x.estimate_micro,"
            " state = x.state FROM json_to_recordset(%s) AS x(id bigint, done int, skipped int,"
            " reserved_micro bigint, estimate_micro bigint, state text) WHERE l.id = x.id",
            [
                json.dumps(
                    [
                        {
                            "id": lease.pk,
                            "done": lease.done,
                            "skipped": lease.skipped,
                            "reserved_micro": lease.reserved_micro,
                            "estimate_micro": lease.estimate_micro,
                            "state": lease.state,
                        }
                        for lease in changed.values()
                    ]
                )
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


def give_back(*, run_id: UUID, owner: str, leases: Sequence[Held], died: bool = False) -> int:
    """Return leases that are not finished, with their reservation; return how many.

    ``died``: the driver failed while it held them, which counts towards driving them alone, and
    what was reserved is booked, since calls may have been under way.
    """
    with transaction.atomic():
        found = list(
            Lease.objects.select_for_update(no_key=True)
            .filter(pk__in=[x.id for x in leases], owner=owner, state=LeaseState.LEASED)
            .order_by("pk")
        )
        fences = {lease.id: lease.fence for lease in leases}
        mine = [lease for lease in found if lease.fence == fences[lease.pk]]
        _make_ready(run_id, mine, died=died)
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
        _make_ready(run_id, dead, died=True)
        Driver.objects.filter(run_id=run_id).extra(
            where=["seen_until < clock_timestamp()"]
        ).delete()
        return len(dead)


def _make_ready(run_id: UUID, leases: Sequence[Lease], *, died: bool) -> None:
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
    spent = total if died else 0
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
