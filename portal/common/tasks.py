"""Enqueueing by name, after the commit, and never as the truth about anything; a daily broom."""

import structlog
from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from portal.common import idempotency, ticks

log = structlog.get_logger(__name__)


def enqueue(name: str, **ids: str | int) -> None:
    """Send task ``name`` with ``ids`` once the present transaction has committed.

    Only ids travel; the task reads its row again. A queue that does not answer is logged and
    forgotten: the reconciler finds the work in the rows, so a lost message costs time, not work.
    """
    transaction.on_commit(lambda: _send(name, ids))


def _send(name: str, ids: dict[str, str | int]) -> None:
    try:
        current_app.send_task(name, kwargs=ids, ignore_result=True, retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("nudge_not_sent", task=name, problem=type(problem).__name__, **ids)


@shared_task(name="portal.common.forget_answers")
def forget_answers() -> None:
    """Delete the API's kept answers whose day is over."""
    log.info("answers_forgotten", count=idempotency.forget_old())


@shared_task(name="portal.common.forget_ticks")
def forget_ticks() -> None:
    """Delete ticks of the scheduler that nobody asks about any more."""
    log.info("ticks_forgotten", count=ticks.forget_ticks())
