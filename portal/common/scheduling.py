"""The scheduler: Celery's own, which leaves a tick in the database for each job that it sends."""

from typing import Any

import structlog
from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import DatabaseError, close_old_connections

from portal.common import ticks

log = structlog.get_logger(__name__)
_AT_ITS_START = "scheduler"
# Of a schedule by the calendar, whose jobs are due once within a minute.
_MINUTE = 60.0


class Scheduler(PersistentScheduler):
    """Sends a job when it is the first scheduler to note it for this slot of time.

    While the database does not answer, it sends without asking: every job may run any number of
    times, and one that never runs would be worse.
    """

    def setup_schedule(self) -> None:
        """Read the schedule, and be heard at once."""
        super().setup_schedule()
        _taken(_AT_ITS_START, 1.0)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; return in how many seconds to look again."""
        # The database may have ended the connection since the last time.
        close_old_connections()
        return super().tick(*args, **kwargs)

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send ``entry``, unless another scheduler has done so in this slot."""
        every = getattr(entry.schedule, "run_every", None)
        if _taken(str(entry.name), every.total_seconds() if every else _MINUTE):
            super().apply_entry(entry, producer)


def _taken(job: str, every: float) -> bool:
    try:
        return ticks.take(job, every)
    except DatabaseError as problem:
        log.warning("tick_not_noted", job=job, problem=type(problem).__name__)
        return True
