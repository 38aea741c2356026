"""What happened on the live endpoint."""

from typing import ClassVar

import pgtrigger
from django.db import models

from portal.common.models import Record
from workloads.lifecycle.models import Release, Workload
from workloads.operations.enums import Outcome


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
