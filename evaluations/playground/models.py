"""Trials of the playground. No other record cites them, and the retention task deletes them."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from evaluations.datasets.models import DatasetVersion, ExampleRevision
from evaluations.playground.enums import CellState, TrialState
from portal.common.models import Record
from workloads.lifecycle.models import Workload


class Trial(Record):
    """Some models with some prompts on some inputs. Money is in millionths of ``currency``.

    ``reserved_micro`` is what calls in flight may still cost, ``spent_micro`` what answers cost,
    with calls whose answer never came at their estimate; ``overrun_micro`` is what the gateway
    reported beyond the worst case of the price list. ``owner`` is the task that works on it.
    """

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="trials")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=TrialState.choices, default=TrialState.QUEUED, db_index=True
    )
    reason = models.CharField(max_length=400, blank=True)
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What is tried, as `plan.TrialPlan` writes it: prompts with their whole text, models, prices.
    plan = models.JSONField()
    digest = models.CharField(max_length=71)
    currency = models.CharField(max_length=3)
    cap_micro = models.BigIntegerField()
    worst_case_micro = models.BigIntegerField()
    reserved_micro = models.BigIntegerField(default=0)
    spent_micro = models.BigIntegerField(default=0)
    overrun_micro = models.BigIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    owner = models.CharField(max_length=120, blank=True)
    alive_until = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="trial_number_unique"),
            models.CheckConstraint(
                condition=models.Q(
                    cap_micro__gte=models.F("spent_micro") + models.F("reserved_micro")
                ),
                name="trial_within_its_cap",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    reserved_micro__gte=0, spent_micro__gte=0, overrun_micro__gte=0, cap_micro__gt=0
                ),
                name="trial_money_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(reserved_micro=0, finished_at__isnull=False)
                | models.Q(state__in=("queued", "running"), finished_at=None),
                name="trial_at_rest_reserves_nothing",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(
                name="what_is_tried_is_sealed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "plan", "digest", "cap_micro", "currency", "workload", "number"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"trial {self.number}"


class TrialInput(models.Model):
    """One row of a trial: an example of a dataset version, or values that somebody typed."""

    id = models.UUIDField(primary_key=True, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="inputs")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=64)
    revision = models.ForeignKey(
        ExampleRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The typed values by variable; empty beside an example.
    typed = models.JSONField(default=dict)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("trial", "position"), name="trial_input_place_unique"),
        ]

    def __str__(self) -> str:
        return self.label


class TrialCell(models.Model):
    """What one column (a model with a prompt) did with one input.

    ``deaths`` counts workers that ended while they waited for this answer. ``scores`` are a list
    of {name, version, label, outcome, value, passed, detail}.
    """

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="cells")
    input = models.ForeignKey(TrialInput, on_delete=models.CASCADE, related_name="cells")
    column = models.PositiveSmallIntegerField()
    # Its place in the order of asking: all columns of the first input, then of the second.
    place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=CellState.choices, default=CellState.WAITING)
    estimate_micro = models.BigIntegerField()
    deaths = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    output = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    refused = models.BooleanField(default=False)
    error_class = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=400, blank=True)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    # What the answer cost, and what lost attempts were booked at.
    cost_micro = models.BigIntegerField(default=0)
    resolved_model = models.CharField(max_length=200, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    scores = models.JSONField(default=list)

    class Meta:
        ordering = ("place",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("trial", "place"), name="trial_cell_place_unique"),
            models.UniqueConstraint(fields=("input", "column"), name="trial_cell_once"),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.place} {self.state}"
