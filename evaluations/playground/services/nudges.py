"""Sending a trial to a worker: the message only saves time, the sweeper finds the work without."""

from evaluations.playground.models import Trial
from portal.common.clock import now
from portal.common.tasks import enqueue

DRIVE = "evaluations.playground.drive"


def nudge(trial: Trial) -> None:
    """Ask for a worker after the commit."""
    Trial.objects.filter(pk=trial.pk).update(nudged_at=now())
    enqueue(DRIVE, trial_id=str(trial.pk))
