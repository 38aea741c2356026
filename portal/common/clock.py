"""The one clock of the portal, so that tests can hold it and nobody reads local time."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """Return the present moment in UTC."""
    return timezone.now()


def database_now() -> datetime:
    """Return the present moment by the database's clock, for what several machines compare."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
