"""The sweeper: a trial whose worker died, or whose message was lost, is sent to another."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from evaluations.playground.enums import ACTIVE
from evaluations.playground.models import Trial
from evaluations.playground.services.nudges import nudge


def sweep_trials() -> int:
    """Nudge every trial that nobody works on; return how many. Harmless to run twice.

    A message that may still wait in the queue is given the time of a lease.
    """
    # By the database's clock, like the leases: a worker's own may be wrong.
    patience = Now() - timedelta(seconds=settings.RUN_LEASE_SECONDS)
    forsaken = Trial.objects.filter(
        Q(owner="") | Q(alive_until__lt=Now()),
        Q(nudged_at=None) | Q(nudged_at__lt=patience),
        state__in=ACTIVE,
    )
    found = list(forsaken)
    for trial in found:
        nudge(trial)
    return len(found)
