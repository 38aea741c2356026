"""Releases, and when each of them was live."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from portal.common.models import Record
from workloads.lifecycle.models.reviews import Review
from workloads.lifecycle.models.workloads import Cycle, Workload


class Release(Record):
    """The immutable manifest of a cycle whose go/no-go was GO."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="releases")
    cycle = models.OneToOneField(Cycle, on_delete=models.PROTECT, related_name="release")
    number = models.PositiveIntegerField()
    # Empty when the policy asks for no vote at this gate.
    review = models.ForeignKey(
        Review, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    manifest = models.JSONField()
    manifest_digest = models.CharField(max_length=71)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="release_number_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.workload.ref} release {self.number}"


class LiveSpell(models.Model):
    """From when to when a release was live, and who switched it on and off."""

    id = models.BigAutoField(primary_key=True)
    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="live_history")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="spells")
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=280, blank=True)

    class Meta:
        ordering = ("-began_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("workload",),
                condition=models.Q(ended_at=None),
                name="one_live_release_per_workload",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.release} live from {self.began_at:%Y-%m-%d}"
