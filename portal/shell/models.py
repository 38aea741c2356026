"""Notifications: what the portal tells one person, in one sentence and a link."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from portal.common.choices import ToneChoices


class NotificationKind(ToneChoices):
    """What a notification means for who reads it."""

    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    NEWS = "news", "News"

    __tones__: ClassVar[dict[str, str]] = {
        "done": "pass",
        "stopped": "warn",
        "failed": "fail",
        "news": "info",
    }


class Notification(models.Model):
    """One thing that happened while its reader was elsewhere.

    ``text`` may hold names that people typed and is shown as text; ``link`` is a path of this site.
    No record: it is deleted after the days that the policy keeps it.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notifications"
    )
    kind = models.CharField(max_length=8, choices=NotificationKind.choices)
    text = models.CharField(max_length=500)
    link = models.CharField(max_length=300)
    at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(link__startswith="/") & ~models.Q(link__startswith="//"),
                name="notification_leads_into_this_site",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("user", "-id"), name="notification_by_user"),
            models.Index(
                fields=("user",), condition=models.Q(read_at=None), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.text
