"""Tasks of the playground. They carry ids; everything else is read from the rows."""

from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError

from evaluations.playground import ledger, services
from evaluations.playground.driver import Driver
from evaluations.playground.plan import TrialPlan
from evaluations.playground.services.nudges import nudge
from evaluations.runs.hands import new_owner
from portal.gateway.connection import connect
from portal.gateway.loops import run_on_loop

log = structlog.get_logger(__name__)


@shared_task(name="evaluations.playground.drive")
def drive(trial_id: str) -> None:
    """Work on a trial for a while; a successor is sent when cells are left over."""
    owner = new_owner()
    lease = settings.RUN_LEASE_SECONDS
    trial = ledger.take(trial_id=UUID(trial_id), owner=owner, seconds=lease)
    if trial is None:
        return
    out_of_money = False
    try:
        if not trial.cancel_asked:
            in_flight = TrialPlan.from_json(trial.plan).in_flight
            driver = Driver(
                trial,
                owner,
                connect=lambda: connect(max_connections=in_flight),
                lease=lease,
                seconds=settings.RUN_DRIVE_SECONDS,
            )
            run_on_loop(driver.drive())
            out_of_money = driver.out_of_money
    except (OperationalError, InterfaceError):
        # The database is away: the rows stay as they are, and the sweeper finds them.
        raise
    except Exception:
        reason = "It failed inside Assay; the log of the workers says how."
        services.fail_trial(trial_id=trial.pk, owner=owner, reason=reason)
        raise
    if services.close_trial(trial_id=trial.pk, owner=owner, out_of_money=out_of_money) is None:
        ledger.release(trial_id=trial.pk, owner=owner)
        nudge(trial)
    log.info("trial_driven", trial=trial_id)


@shared_task(name="evaluations.playground.sweep")
def sweep() -> None:
    """Send trials that nobody works on to a worker."""
    services.sweep_trials()


@shared_task(name="evaluations.playground.forget")
def forget() -> None:
    """Delete the trials whose time is over."""
    services.forget_trials()
