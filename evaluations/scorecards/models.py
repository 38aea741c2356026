"""Published scorecards, and the winners that people chose from them."""

from typing import ClassVar

import pgtrigger
from django.db import models

from catalog.models import CatalogEntry
from evaluations.runs.models import Run
from evaluations.scorecards.enums import OutsideFormat
from portal.common.models import Record
from workloads.lifecycle.models import Cycle, Workload

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class Scorecard(Record):
    """What one complete run showed: a document with its digest. Never changes.

    ``purpose`` is the run's; a gate reads baselines only.
    """

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="scorecards")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="scorecards")
    number = models.PositiveIntegerField()
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="scorecard")
    purpose = models.CharField(max_length=12)
    document = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="scorecard_number_unique"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("cycle", "purpose", "-number"), name="scorecard_of_cycle"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"scorecard {self.number}"


class WinnerChoice(Record):
    """Which candidate was chosen, on which scorecard, by whom and why. The latest counts.

    ``floors`` are the floors that the candidate was held to when it was chosen.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="winner_choices")
    number = models.PositiveIntegerField()
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="choices")
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    alias = models.CharField(max_length=200)
    rationale = models.TextField()
    floors = models.JSONField(default=list)
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "number"), name="winner_number_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.alias} by {self.scorecard}"


class OutsideEvidence(Record):
    """Results of another tool, brought in by somebody. Advice: no gate ever reads it.

    ``content`` are the bytes as they came, ``digest`` is SHA-256 over them, ``document`` what was
    read from them.
    """

    workload = models.ForeignKey(
        Workload, on_delete=models.PROTECT, related_name="outside_evidence"
    )
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="outside_evidence")
    number = models.PositiveIntegerField()
    format = models.CharField(max_length=12, choices=OutsideFormat.choices)
    filename = models.CharField(max_length=120)
    note = models.CharField(max_length=400, blank=True)
    title = models.CharField(max_length=200, blank=True)
    cases = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    document = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="outside_number_unique"),
            models.UniqueConstraint(fields=("workload", "digest"), name="outside_digest_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="kept_as_it_came", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"outside evidence {self.number}"
