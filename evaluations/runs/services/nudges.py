"""Sending driver messages: they only save time, the sweeper finds the work without them."""

from django.db.models.functions import Now

from evaluations.runs import crew
from evaluations.runs.models import Run
from portal.common.tasks import enqueue

DRIVE = "evaluations.runs.drive"


def nudge(run: Run, drivers: int = 0) -> None:
    """Ask for drivers of ``run`` after the commit: as many as it shall have, or ``drivers``."""
    Run.objects.filter(pk=run.pk).update(nudged_at=Now())
    for _ in range(drivers or crew.wanted(run.planned)):
        enqueue(DRIVE, run_id=str(run.pk))
