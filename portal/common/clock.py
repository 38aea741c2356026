"""The one clock of the portal, so that tests can hold it and nobody reads local time."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return the present moment in UTC."""
    return timezone.now()
