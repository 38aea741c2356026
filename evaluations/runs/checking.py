"""What must hold of every run at every time, as SQL. Asked by `manage.py check_runs` and tests."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from evaluations.runs.models import Run


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold for a run; the row that shows it."""

    invariant: str
    run_id: UUID
    detail: str


# Each query returns (run id, words) for every run that breaks its rule; %(run)s is the run or NULL.
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
    "I9 slots of drivers stay within the concurrency": """
        SELECT r.id, format('%%s slots of %%s', sum(d.slots), r.concurrency)
        FROM evaluations_runs_run r JOIN evaluations_runs_driver d ON d.run_id = r.id
        WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)
        GROUP BY r.id, r.concurrency HAVING sum(d.slots) > r.concurrency""",
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
}


def violations(run: Run | None = None) -> list[Violation]:
    """Return every invariant that does not hold, of one run or of all."""
    wanted = str(run.pk) if run is not None else None
    found = []
    with connection.cursor() as cursor:
        for name, query in INVARIANTS.items():
            cursor.execute(query, {"run": wanted})
            found += [Violation(name, run_id, words) for run_id, words in cursor.fetchall()]
    return found
