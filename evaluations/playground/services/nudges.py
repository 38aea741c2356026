"""Sending a trial to a worker: the message only saves time, the sweeper finds the work without."""

from django.db.models.functions import Now

from evaluations.playground.models import Trial
from portal.common.tasks import enqueue

DRIVE = "evaluations.playground.drive"


def nudge(trial: Trial) -> None:
    """Ask for a worker after the commit."""
    Trial.objects.filter(pk=trial.pk).update(nudged_at=Now())
    enqueue(DRIVE, trial_id=str(trial.pk))
