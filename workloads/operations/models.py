"""What happened on the live endpoint."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from catalog.models import CatalogEntry
from portal.common.models import Record
from workloads.lifecycle.models import Release, Workload
from workloads.operations.enums import ConcernKind, Outcome


class Interaction(Record):
    """One call of the live release, kept by the logging rule of its build.

    Never changed; deleted when the retention time of its build is over.
    """

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="interactions")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="interactions")
    request_id = models.CharField(max_length=80)
    at = models.DateTimeField()
    # Text by the logging rule: empty when the build keeps figures only.
    input = models.TextField(blank=True)
    output = models.TextField(blank=True)
    blocked_by = models.CharField(max_length=40, blank=True)
    marks = models.JSONField(default=list)
    finish_reason = models.CharField(max_length=40)
    # Why there was no answer: the code of the refusal; empty when there was one.
    error = models.CharField(max_length=40, blank=True)
    refused = models.BooleanField(default=False)
    resolved_model = models.CharField(max_length=200, blank=True)
    model_matches = models.BooleanField(default=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField()
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        ordering = ("-at",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("workload", "-at"), name="interaction_by_workload"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "request_id"), name="interaction_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.workload.ref} {self.at:%Y-%m-%d %H:%M}"

    @property
    def outcome(self) -> Outcome:
        """How it ended, with its words, tone and symbol."""
        if self.error:
            return Outcome.ERROR
        if self.blocked_by:
            return Outcome.HELD_BACK
        return Outcome.REFUSED if self.refused else Outcome.ANSWERED


class Concern(Record):
    """Something that the catalog changed about a live release, until somebody has answered it.

    ``key`` names the change, so that being told of it twice makes one concern. ``created_by`` is
    who changed the catalog; what was told never changes.
    """

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="concerns")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="concerns")
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=ConcernKind.choices)
    key = models.CharField(max_length=160)
    detail = models.TextField()
    due = models.DateField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("release", "kind", "key"), name="concern_told_once"),
            models.CheckConstraint(
                condition=models.Q(settled_at=None, settled_by=None, answer="")
                | models.Q(settled_at__isnull=False, settled_by__isnull=False, answer__gt=""),
                name="a_settled_concern_is_answered",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="what_was_told_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "workload", "release", "entry", "kind", "key", "detail", "due"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release}: {self.get_kind_display()}"
