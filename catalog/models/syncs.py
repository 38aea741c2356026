"""What was read from a gateway or a price map: the preview that waits, the report that stays."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from catalog.enums import PreviewState, Source, SyncState
from portal.common.models import Record


class SyncReport(Record):
    """What one synchronisation or import found and did. Never changes."""

    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=SyncState.choices)
    origin = models.CharField(max_length=10, choices=Source.choices, default=Source.GATEWAY)
    filename = models.CharField(max_length=120, blank=True)
    file_digest = models.CharField(max_length=71, blank=True)
    # The digest of the preview that was applied; empty for the daily round.
    preview_digest = models.CharField(max_length=71, blank=True)
    message = models.CharField(max_length=400, blank=True)
    read = models.PositiveIntegerField(default=0)
    # Aliases.
    added = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    # [{alias, before, after, currency}]: prices that were added, per million tokens.
    prices = models.JSONField(default=list)
    # [{alias, field, before, after}]: facts taken over into entries that nobody approved yet.
    updated = models.JSONField(default=list)
    # [{alias, field, catalog, gateway, why}]: where the source differs from what stays.
    differences = models.JSONField(default=list)
    # [{alias, field, message}]: what was no sound value and was skipped.
    problems = models.JSONField(default=list)
    # The aliases of the entries that are named anywhere above, for their history.
    touched = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        ordering = ("-at",)
        indexes: ClassVar[list[models.Index]] = [GinIndex(fields=("touched",), name="sync_touched")]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{Source(self.origin).label} read on {self.at:%Y-%m-%d %H:%M}"


class Preview(Record):
    """A comparison that was shown and waits to be applied, bound by its digest.

    ``readings`` go when it is decided; what was done then stands in the report.
    """

    state = models.CharField(
        max_length=10, choices=PreviewState.choices, default=PreviewState.WAITING
    )
    origin = models.CharField(max_length=10, choices=Source.choices)
    filename = models.CharField(max_length=120, blank=True)
    file_digest = models.CharField(max_length=71, blank=True)
    read = models.PositiveIntegerField(default=0)
    # What was sound in the source, and what was skipped before anything was compared.
    readings = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    # Models of the file that were ticked to be proposed, kept while somebody searches for more.
    chosen = models.JSONField(default=list)
    plan = models.JSONField(default=dict)
    digest = models.CharField(max_length=71)
    report = models.ForeignKey(
        SyncReport, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(state=PreviewState.APPLIED, report__isnull=False)
                | (~models.Q(state=PreviewState.APPLIED) & models.Q(report=None)),
                name="what_was_applied_has_a_report",
            ),
        ]

    def __str__(self) -> str:
        return f"Preview of {self.created_at:%Y-%m-%d %H:%M}"
