"""The sweeper: what a dead driver or a lost message left is found in the rows and mended."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from evaluations.runs import crew, ledger
from evaluations.runs.enums import DRIVABLE, LeaseState
from evaluations.runs.models import Driver, Lease, Run
from evaluations.runs.services.ending import close_run
from evaluations.runs.services.nudges import nudge
from evaluations.runs.services.storing import resume_stored

_LOCK = 0x61737379_0008


def sweep() -> int:
    """Look after every run that has not ended; return how many were asked to go on.

    Makes leases of the dead ready, ends runs whose last driver died before it could, and sends
    drivers to runs that have work and too few of them, also to those that waited for room in the
    database once there is some. May run any number of times at once.
    """
    resume_stored()
    nudged = 0
    for run in Run.objects.filter(state__in=DRIVABLE).select_related("workload"):
        ledger.take_from_the_dead(run_id=run.pk)
        if close_run(run_id=run.pk) is None:
            nudged += _send_drivers(run)
    return nudged


@transaction.atomic
def _send_drivers(run: Run) -> bool:
    with connection.cursor() as cursor:
        # Two sweepers at once would each send drivers; the second has nothing to add.
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK % 2**31, str(run.pk)]
        )
        if not cursor.fetchone()[0]:
            return False
    # Messages that may still be waiting in the queue are given the time of a lease.
    patience = timedelta(seconds=settings.RUN_LEASE_SECONDS)
    if Run.objects.filter(pk=run.pk, nudged_at__gt=Now() - patience).exists():
        return False
    if run.stop or not Lease.objects.filter(run=run, state=LeaseState.READY).exists():
        return False
    missing = crew.wanted(run.planned) - Driver.objects.filter(run=run, leaving=False).count()
    if missing <= 0:
        return False
    nudge(run, missing)
    return True
