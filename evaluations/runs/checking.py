"""What must hold of every run at every time, as SQL. Asked by `manage.py check_runs` and tests.

Some rules are about what happens and leave no row to ask: nothing that has a result is asked again
(I5), the same answers give the same scores however many workers there are (I7), an old fence writes
nothing (I8), losing every message costs only time (I10). Those are tests.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from evaluations.runs.hands import GIVE_UP_AFTER
from evaluations.runs.models import Run


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold for a run; the row that shows it."""

    invariant: str
    run_id: UUID
    detail: str


# Each query returns (run id, words) for every run that breaks its rule; %(run)s is the run or NULL,
# %(lease)s how many seconds a lease holds, %(deaths)s how many deaths alone give an item up.
INVARIANTS: dict[str, str] = {
    "I1 one result for each finished item, and no other": """
        SELECT r.id, format('%%s results, %%s items done in leases',
                            count(x.id), (SELECT coalesce(sum(l.done), 0)
                                          FROM evaluations_runs_lease l WHERE l.run_id = r.id))
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_result x ON x.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) GROUP BY r.id
        HAVING count(x.id) <> (SELECT coalesce(sum(l.done), 0)
                               FROM evaluations_runs_lease l WHERE l.run_id = r.id)""",
    "I1 leases cover every planned item once": """
        SELECT r.id, format('%%s of %%s items in leases', coalesce(sum(l.count), 0), r.planned)
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_lease l ON l.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        GROUP BY r.id, r.planned HAVING coalesce(sum(l.count), 0) <> r.planned""",
    "I1 every answer has every score": """
        SELECT r.id, format('result %%s has %%s scores', x.id, count(s.id))
        FROM evaluations_runs_run r JOIN evaluations_runs_result x ON x.run_id = r.id
        LEFT JOIN evaluations_runs_score s ON s.result_id = x.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) GROUP BY r.id, x.id
        HAVING count(s.id) <> jsonb_array_length(r.plan -> 'metrics')""",
    "I2 what is asked was reserved before": """
        SELECT r.id, format('lease %%s reserves %%s of %%s', l.id, l.reserved_micro,
                            l.estimate_micro)
        FROM evaluations_runs_run r JOIN evaluations_runs_lease l ON l.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND l.state = 'leased' AND l.reserved_micro <> l.estimate_micro""",
    "I3 spent and reserved stay within the cap": """
        SELECT r.id, format('%%s + %%s > %%s', spent_micro, reserved_micro, cap_micro)
        FROM evaluations_runs_run r WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND spent_micro + reserved_micro > cap_micro""",
    "I3 what is reserved stands on leases": """
        SELECT r.id, format('%%s reserved, %%s on leases', r.reserved_micro,
                            coalesce(sum(l.reserved_micro), 0))
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_lease l ON l.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) GROUP BY r.id, r.reserved_micro
        HAVING r.reserved_micro <> coalesce(sum(l.reserved_micro), 0)""",
    "I3 what is spent is what results cost and what was booked": """
        SELECT r.id, format('%%s spent + %%s overrun, %%s results + %%s booked', r.spent_micro,
                            r.overrun_micro, coalesce(sum(x.cost_micro), 0), r.booked_micro)
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_result x ON x.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        GROUP BY r.id, r.spent_micro, r.overrun_micro, r.booked_micro
        HAVING r.spent_micro + r.overrun_micro
            <> coalesce(sum(x.cost_micro), 0) + r.booked_micro""",
    "I3 a run at rest reserves nothing": """
        SELECT r.id, format('%%s reserved while %%s', reserved_micro, state)
        FROM evaluations_runs_run r
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND state NOT IN ('queued', 'running') AND reserved_micro <> 0""",
    "I4 planned is done, errors and skipped": """
        SELECT r.id, format('%%s planned, %%s done, %%s errors, %%s skipped', planned, done_count,
                            error_count, skipped_count)
        FROM evaluations_runs_run r
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND state IN ('complete', 'partial', 'cancelled', 'budget_stopped', 'failed')
        AND (planned <> done_count + error_count + skipped_count
             OR (state = 'complete' AND skipped_count <> 0)
             OR (state IN ('partial', 'failed', 'budget_stopped') AND reason_code = ''))""",
    "I4 a run that ended has its results counted": """
        SELECT r.id, format('%%s results, %%s counted', count(x.id), r.done_count + r.error_count)
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_result x ON x.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND state IN ('complete', 'partial', 'cancelled', 'budget_stopped', 'failed')
        GROUP BY r.id, r.done_count, r.error_count
        HAVING count(x.id) <> r.done_count + r.error_count""",
    "I4 a run that ended has nobody at work": """
        SELECT r.id, 'leases are held or drivers are there' FROM evaluations_runs_run r
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) AND state NOT IN ('queued', 'running')
        AND (EXISTS (SELECT 1 FROM evaluations_runs_lease l
                     WHERE l.run_id = r.id AND l.state = 'leased')
             OR EXISTS (SELECT 1 FROM evaluations_runs_driver d WHERE d.run_id = r.id))""",
    "I4 a run under way does not stand still": """
        SELECT r.id, format('nothing since %%s', greatest(r.started_at, r.nudged_at, max(x.at)))
        FROM evaluations_runs_run r LEFT JOIN evaluations_runs_result x ON x.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) AND r.state = 'running'
        AND NOT EXISTS (SELECT 1 FROM evaluations_runs_driver d
                        WHERE d.run_id = r.id AND d.seen_until > clock_timestamp())
        GROUP BY r.id, r.started_at, r.nudged_at
        HAVING greatest(r.started_at, r.nudged_at, max(x.at))
            < clock_timestamp() - 3 * make_interval(secs => %(lease)s)""",
    "I9 slots of drivers stay within the concurrency": """
        SELECT r.id, format('%%s slots of %%s', sum(d.slots), r.concurrency)
        FROM evaluations_runs_run r JOIN evaluations_runs_driver d ON d.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        GROUP BY r.id, r.concurrency HAVING sum(d.slots) > r.concurrency""",
    "I11 only what killed its worker again and again was given up for it": """
        SELECT r.id, format('%%s results say so, %%s items did', count(x.id), (
            SELECT count(*) FROM evaluations_runs_lease l WHERE l.run_id = r.id
            AND l.alone AND l.count = 1 AND l.deaths >= %(deaths)s))
        FROM evaluations_runs_run r JOIN evaluations_runs_result x ON x.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        AND x.error_class = 'worker_crashed'
        GROUP BY r.id HAVING count(x.id) > (
            SELECT count(*) FROM evaluations_runs_lease l WHERE l.run_id = r.id
            AND l.alone AND l.count = 1 AND l.deaths >= %(deaths)s)""",
    "I12 starting and ending have one audit event each": """
        SELECT r.id, format('%%s events of its start, %%s of its end',
            count(*) FILTER (WHERE e.action = 'run.started'),
            count(*) FILTER (WHERE e.action = 'run.' || r.state))
        FROM evaluations_runs_run r
        LEFT JOIN portal_audit_auditevent e
            ON e.subject_kind = 'run' AND e.subject_ref = r.id::text
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid) GROUP BY r.id, r.state
        HAVING count(*) FILTER (WHERE e.action = 'run.started') <> 1
            OR (r.state IN ('complete', 'partial', 'cancelled', 'failed')
                AND count(*) FILTER (WHERE e.action = 'run.' || r.state) <> 1)""",
    "I12 beginning, pausing, going on and cancelling have one audit event each": """
        SELECT r.id, format('began %%s times, paused %%s, resumed %%s, cancelled %%s',
            count(*) FILTER (WHERE e.action = 'run.running'),
            count(*) FILTER (WHERE e.action = 'run.paused'),
            count(*) FILTER (WHERE e.action = 'run.resumed'),
            count(*) FILTER (WHERE e.action = 'run.cancel_asked'))
        FROM evaluations_runs_run r
        LEFT JOIN portal_audit_auditevent e
            ON e.subject_kind = 'run' AND e.subject_ref = r.id::text
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        GROUP BY r.id, r.state, r.started_at, r.stop
        HAVING count(*) FILTER (WHERE e.action = 'run.running')
                <> CASE WHEN r.started_at IS NULL THEN 0 ELSE 1 END
            OR count(*) FILTER (WHERE e.action = 'run.paused')
                - count(*) FILTER (WHERE e.action = 'run.resumed')
                NOT IN (0, CASE WHEN r.state = 'running' THEN 0 ELSE 1 END)
            OR count(*) FILTER (WHERE e.action = 'run.cancel_asked')
                <> CASE WHEN r.state = 'cancelled' OR r.stop = 'cancel' THEN 1 ELSE 0 END""",
}


def contribute(name: str, query: str) -> None:
    """Add a rule about what is made of runs, from the slice that makes it; called when it is ready.

    ``query`` is as those here.
    """
    INVARIANTS[name] = query


def violations(run: Run | None = None) -> list[Violation]:
    """Return every invariant that does not hold, of one run or of all."""
    values = {
        "run": str(run.pk) if run is not None else None,
        "lease": settings.RUN_LEASE_SECONDS,
        "deaths": GIVE_UP_AFTER,
    }
    found = []
    with connection.cursor() as cursor:
        for name, query in INVARIANTS.items():
            cursor.execute(query, values)
            found += [Violation(name, run_id, words) for run_id, words in cursor.fetchall()]
    return found
