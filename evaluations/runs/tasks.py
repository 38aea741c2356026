"""Tasks of runs. They carry ids; everything else is read from the rows."""

from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.db import DatabaseError

from evaluations.runs.driver import Driver, Timing
from evaluations.runs.models import RunCandidate
from evaluations.runs.plan import RunPlan
from evaluations.runs.runtime import PlanBroken, workbench
from evaluations.runs.services import begin_run, close_run, fail_run, pause_for_storage
from evaluations.runs.services import sweep as sweep_runs
from evaluations.runs.services.nudges import nudge
from portal.common import storage
from portal.gateway.connection import connect
from portal.gateway.loops import run_on_loop

log = structlog.get_logger(__name__)


@shared_task(name="evaluations.runs.drive")
def drive(run_id: str) -> None:
    """Drive a run for a while; a successor is sent when work is left over.

    A run whose results find no room in the database is paused until there is some.
    """
    try:
        _drive(run_id)
    except DatabaseError as problem:
        if not storage.refused(problem):
            raise
        pause_for_storage(run_id=UUID(run_id))


def _drive(run_id: str) -> None:
    run = begin_run(run_id=UUID(run_id))
    if run is None:
        close_run(run_id=UUID(run_id))
        return
    try:
        bench = workbench(RunPlan.from_json(run.plan))
    except PlanBroken as problem:
        fail_run(run_id=run.pk, code=problem.code, reason=problem.message)
        return
    ids = RunCandidate.objects.filter(run=run).order_by("position").values_list("pk", flat=True)
    driver = Driver(
        run,
        bench,
        list(ids),
        connect=lambda: connect(max_connections=run.concurrency),
        timing=Timing(settings.RUN_LEASE_SECONDS, settings.RUN_DRIVE_SECONDS),
        handed_over=lambda: nudge(run, 1),
    )
    drove = run_on_loop(driver.drive())
    if close_run(run_id=run.pk) is None and drove.left_over:
        nudge(run, 1)
    log.info("run_driven", run=run_id, written=drove.written, left_over=drove.left_over)


@shared_task(name="evaluations.runs.sweep")
def sweep() -> None:
    """Mend what dead drivers and lost messages left."""
    sweep_runs()
