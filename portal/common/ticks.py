"""When the scheduler was last heard, and that of two schedulers only one is.

Each job that falls due leaves a row per slot of time, by the database's clock. Whoever writes the
row sends the message; a second scheduler finds the row there and does nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from portal.common.clock import now
from portal.common.models import Tick

# Some job falls due at least once a minute.
SILENT_AFTER = timedelta(seconds=120)
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Silence:
    """No scheduler is heard; ``since`` is when the last one was, None if there never was one."""

    since: datetime | None


def take(job: str, every: float) -> bool:
    """Note that ``job``, due each ``every`` seconds, is sent now; False if its slot is taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_common_tick (job, slot, at) VALUES (%s,"
            " floor(extract(epoch FROM statement_timestamp()) / %s)::bigint,"
            " statement_timestamp()) ON CONFLICT (job, slot) DO NOTHING",
            [job[:120], every],
        )
        return bool(cursor.rowcount == 1)


def silence() -> Silence | None:
    """Return since when no scheduler is heard, or None while one is. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(at), statement_timestamp() FROM portal_common_tick")
        last, moment = cursor.fetchone()
    return None if last is not None and moment - last <= SILENT_AFTER else Silence(last)


def forget_ticks() -> int:
    """Delete old ticks; return how many. The last one stays, however old: it says since when."""
    last = Tick.objects.order_by("-at").values_list("pk", flat=True).first()
    if last is None:
        return 0
    deleted, _ = Tick.objects.filter(at__lt=now() - _KEPT).exclude(pk=last).delete()
    return deleted
