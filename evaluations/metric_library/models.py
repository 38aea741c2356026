"""Metrics that the organisation declared, and which of them are no longer offered."""

from typing import ClassVar

import pgtrigger
from django.db import models

from portal.common.models import Record

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class DeclaredMetric(Record):
    """One version of a declared metric; a change is the next version."""

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    label = models.CharField(max_length=60)
    description = models.CharField(max_length=400, blank=True)
    definition = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("name", "-version")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("name", "version"), name="declared_metric_unique"),
            models.CheckConstraint(
                condition=models.Q(name__startswith="own_"), name="declared_metric_prefix"
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1), name="declared_metric_version"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class RetiredMetric(Record):
    """A declared metric that new plans are not offered; plans that have it keep it."""

    name = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=280)

    class Meta:
        ordering = ("name",)
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return self.name
