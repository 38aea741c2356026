"""What the portal has told a person; nobody reads what it told another."""

from django.db.models import QuerySet
from django.http import Http404

from portal.accounts.models import User
from portal.shell.models import Notification

# The bell says "99+" beyond this, and counting stops there.
COUNTED = 100


def notifications_for(user: User, *, unread: bool = False) -> QuerySet[Notification]:
    """Return what ``user`` was told, newest first; with ``unread`` only what they did not read."""
    found = Notification.objects.filter(user=user)
    return found.filter(read_at=None) if unread else found


def notification_for(user: User, number: int) -> Notification:
    """Return one notification of ``user``. Raises Http404 for anybody else's."""
    found = notifications_for(user).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def unread_count(user: User) -> int:
    """Return how many notifications ``user`` has not read, counted up to `COUNTED`. One query."""
    return notifications_for(user, unread=True).order_by()[:COUNTED].count()
