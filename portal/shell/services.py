"""Telling people what happened, and noting what they have read.

Reading leaves no audit event: a notification is no record, and what it tells of has its own.
"""

from collections.abc import Collection
from datetime import timedelta

from portal.accounts.models import User
from portal.common.clock import now
from portal.common.policy import policy
from portal.shell.models import Notification, NotificationKind

_TEXT_MAX = 500


def notify(*, user: User, text: str, link: str, kind: NotificationKind) -> Notification:
    """Tell ``user`` one thing; called in the transaction of what happened, so both or neither are.

    ``text`` is a sentence or two (a longer one is cut), ``link`` the path of the page that shows
    more. Raises ValueError for a link that leads elsewhere.
    """
    if not link.startswith("/") or link.startswith(("//", "/\\")):
        raise ValueError(f"a notification leads to a page of this site, not to {link!r}")
    words = text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 1]}…"
    return Notification.objects.create(user=user, text=words, link=link, kind=kind, at=now())


def mark_read(*, user: User, ids: Collection[int] | None = None, up_to: int | None = None) -> int:
    """Note that ``user`` has read these notifications; return how many were unread.

    ``ids`` names them, ``up_to`` means all that are no newer than that one: what arrives while
    somebody reads stays unread. Both given: those that fit both. Another person's do not count.
    """
    found = Notification.objects.filter(user=user, read_at=None)
    if ids is not None:
        found = found.filter(pk__in=list(ids))
    if up_to is not None:
        found = found.filter(pk__lte=up_to)
    return found.update(read_at=now())


def forget_notifications() -> int:
    """Delete what is older than the policy keeps, read or not; return how many."""
    days = policy().number("notifications", "kept_days")
    deleted, _ = Notification.objects.filter(at__lt=now() - timedelta(days=days)).delete()
    return deleted
