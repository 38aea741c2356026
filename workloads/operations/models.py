"""What happened on the live endpoint."""

from typing import ClassVar

import pgtrigger
from django.db import models

from portal.common.models import Record
from workloads.lifecycle.models import Release, Workload


class Interaction(Record):
    """One call of the live release, kept by the logging rule of its build. Append-only."""

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
    refused = models.BooleanField(default=False)
    resolved_model = models.CharField(max_length=200, blank=True)
    model_matches = models.BooleanField(default=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField()
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True)

    class Meta:
        ordering = ("-at",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("workload", "-at"), name="interaction_by_workload"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "request_id"), name="interaction_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.workload.ref} {self.at:%Y-%m-%d %H:%M}"
