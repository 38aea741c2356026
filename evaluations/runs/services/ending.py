"""The portal's own moves of a run: it begins, it ends, and by which words."""

from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from evaluations.runs.enums import DRIVABLE, FINAL, STORAGE, LeaseState, RunState, Stop
from evaluations.runs.models import Driver, Lease, Result, Run
from evaluations.runs.services.telling import tell_of_the_end
from portal.audit import services as audit
from portal.common.clock import database_now
from portal.common.tasks import enqueue
from portal.version import VERSION

PUBLISH = "evaluations.scorecards.publish"
_STORAGE_WORDS = (
    "The database's disk is full, and no further result can be kept. The run goes on by itself when"
    " there is room again."
)
_STATES = (*DRIVABLE, RunState.PAUSED, RunState.BUDGET_STOPPED)


def _record(run: Run, action: str, **detail: object) -> None:
    audit.record(
        actor=None,
        action=action,
        kind="run",
        ref=str(run.pk),
        workload=run.workload.ref,
        detail={"number": run.number, **detail},
    )


@transaction.atomic
def begin_run(*, run_id: UUID) -> Run | None:
    """Return the run to be driven now, moved from queued to running by its first driver.

    None when it has ended, is paused or is to stop. Notes the version of the code that drives.
    """
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None or run.state not in DRIVABLE or run.stop:
        return None
    if run.state == RunState.QUEUED:
        run.state = RunState.RUNNING
        run.started_at = database_now()
        _record(run, "run.running")
    if VERSION not in run.code_versions:
        run.code_versions = [*run.code_versions, VERSION]
    run.save(update_fields=("state", "started_at", "code_versions"))
    return run


@transaction.atomic
def close_run(*, run_id: UUID) -> Run | None:
    """End the run if nothing of it is left to do or it was asked to stop; None if it goes on.

    Called by whoever finishes something, after their own commit. The row lock makes it happen
    once; what is made of an ended run (a scorecard, executions) is asked for after the commit.
    """
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None or run.state not in _STATES:
        return None
    if run.state not in DRIVABLE and run.stop != Stop.CANCEL:
        return None
    leases = Lease.objects.filter(run=run).aggregate(
        leased=Count("pk", filter=Q(state=LeaseState.LEASED)),
        ready=Count("pk", filter=Q(state=LeaseState.READY)),
    )
    if leases["leased"] or (leases["ready"] and not run.stop):
        return None
    counts = Result.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(error_class="")), errors=Count("pk", filter=~Q(error_class=""))
    )
    run.done_count, run.error_count = counts["done"], counts["errors"]
    run.skipped_count = run.planned - run.done_count - run.error_count
    _name_the_end(run, all_done=not leases["ready"])
    run.stop = Stop.NONE
    run.finished_at = None if run.state == RunState.PAUSED else database_now()
    run.save(
        update_fields=(
            "state",
            "stop",
            "reason_code",
            "reason",
            "finished_at",
            "done_count",
            "error_count",
            "skipped_count",
        )
    )
    Driver.objects.filter(run=run).delete()
    _record(
        run,
        f"run.{run.state}",
        done=run.done_count,
        errors=run.error_count,
        skipped=run.skipped_count,
        reason=run.reason_code,
    )
    tell_of_the_end(run)
    if run.state in FINAL:
        enqueue(PUBLISH, run_id=str(run.pk))
    return run


def _name_the_end(run: Run, *, all_done: bool) -> None:
    if run.stop == Stop.CANCEL:
        _end(run, RunState.CANCELLED, "cancelled", "Cancelled; what had ended is kept.")
    elif all_done and not run.skipped_count:
        _end(run, RunState.COMPLETE, "", "")
    elif all_done:
        given_up = list(run.candidates.exclude(stopped_code="").order_by("position"))
        words = " ".join(f"{c.name}: {c.stopped_reason}" for c in given_up)
        code = given_up[0].stopped_code if given_up else "skipped"
        state = RunState.PARTIAL if run.done_count else RunState.FAILED
        _end(run, state, code, words[:400])
    elif run.stop == Stop.PAUSE:
        _end(run, RunState.PAUSED, "paused", "Paused; resume it to go on with the rest.")
    elif run.stop == Stop.STORAGE:
        _end(run, RunState.PAUSED, STORAGE, _STORAGE_WORDS)
    else:
        _end(
            run,
            RunState.BUDGET_STOPPED,
            "budget",
            "The next calls could have cost more than the cap leaves; raise it to go on.",
        )


def _end(run: Run, state: RunState, code: str, reason: str) -> None:
    run.state, run.reason_code, run.reason = state, code, reason


@transaction.atomic
def fail_run(*, run_id: UUID, code: str, reason: str) -> Run | None:
    """End a run that cannot be driven at all (its plan is broken). None when it has ended."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    busy = Lease.objects.filter(run=run, state=LeaseState.LEASED).exists()
    if run.state not in DRIVABLE or busy:
        return None
    counts = Result.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(error_class="")), errors=Count("pk", filter=~Q(error_class=""))
    )
    run.done_count, run.error_count = counts["done"], counts["errors"]
    run.skipped_count = run.planned - run.done_count - run.error_count
    run.stop = Stop.NONE
    run.finished_at = database_now()
    _end(run, RunState.FAILED, code[:40], reason[:400])
    run.save(
        update_fields=(
            "state",
            "stop",
            "reason_code",
            "reason",
            "finished_at",
            "done_count",
            "error_count",
            "skipped_count",
        )
    )
    Driver.objects.filter(run=run).delete()
    _record(run, "run.failed", reason=code)
    tell_of_the_end(run)
    enqueue(PUBLISH, run_id=str(run.pk))
    return run
