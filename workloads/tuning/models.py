"""The tuning decision and the model it locks."""

from typing import ClassVar

import pgtrigger
from django.db import models

from catalog.models import CatalogEntry
from portal.common.choices import ToneChoices
from portal.common.models import Record
from workloads.lifecycle.models import Cycle


class Decision(ToneChoices):
    """Tune, or not."""

    NONE = "none", "No tuning: the base model with this prompt"
    DEFER = "defer", "Defer: decide again in the next cycle"


class TuningDecision(Record):
    """One decision of a cycle: numbered, with its reasons, and the final model. Immutable."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="tuning_decisions")
    number = models.PositiveIntegerField()
    decision = models.CharField(max_length=10, choices=Decision.choices)
    # What was tried before tuning would be thought of: {name: reason or what was seen}.
    prompting_evidence = models.JSONField(default=dict)
    rationale = models.TextField()
    # How the workload gets away from a final model that is deprecated; else empty.
    migration_plan = models.TextField(blank=True)
    model_lock = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    model_digest = models.CharField(max_length=71)
    # The scorecard that the decision rests on: {kind, ref, version, digest}.
    scorecard = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "number"), name="tuning_number_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.decision}, {self.model_lock}"
