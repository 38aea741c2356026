"""A run whose results cannot be kept, since the database's disk is full: paused, and taken up."""

from uuid import UUID

import structlog
from django.db import transaction

from evaluations.runs.enums import DRIVABLE, STORAGE, RunState, Stop
from evaluations.runs.models import Result, Run
from evaluations.runs.services.ending import close_run
from evaluations.runs.services.nudges import nudge
from portal.audit import services as audit
from portal.common import storage

log = structlog.get_logger(__name__)


@transaction.atomic
def pause_for_storage(*, run_id: UUID) -> None:
    """Stop a run that cannot write until there is room again; what it has is kept.

    Paused at once when nobody else works on it, else by the last one who does. Whoever asked it to
    stop for another reason comes first. Raises DatabaseError when not even that can be written.
    """
    asked = Run.objects.filter(pk=run_id, state__in=DRIVABLE, stop=Stop.NONE)
    if asked.update(stop=Stop.STORAGE):
        log.warning("run_waits_for_storage", run=str(run_id))
    close_run(run_id=run_id)


def resume_stored() -> int:
    """Go on with the runs that wait for room, if there is some; return how many."""
    waiting = Run.objects.filter(state=RunState.PAUSED, stop=Stop.NONE, reason_code=STORAGE)
    if not waiting.exists() or not storage.has_room(Result._meta.db_table):
        return 0
    return sum(_resume(run) for run in waiting.select_related("workload"))


@transaction.atomic
def _resume(run: Run) -> bool:
    found = Run.objects.filter(
        pk=run.pk, state=RunState.PAUSED, stop=Stop.NONE, reason_code=STORAGE
    )
    if not found.update(state=RunState.RUNNING, reason_code="", reason=""):
        return False
    audit.record(
        actor=None,
        action="run.resumed",
        kind="run",
        ref=str(run.pk),
        workload=run.workload.ref,
        detail={"number": run.number, "reason": STORAGE},
    )
    nudge(run)
    return True
