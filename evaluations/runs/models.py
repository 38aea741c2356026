"""Runs, the leases their work is cut into, who drives them, and the results."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from evaluations.datasets.models import DatasetVersion, ExampleRevision
from evaluations.runs.enums import LeaseState, RunPurpose, RunState, Stop
from portal.common.models import Record
from workloads.lifecycle.models import Workload

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class Run(Record):
    """One execution of a sealed plan. Money is in millionths of the plan's currency.

    ``reserved_micro`` is what claimed leases may still cost, ``spent_micro`` what results cost
    plus ``booked_micro``: estimates of calls whose answer never arrived. ``overrun_micro`` is what
    the gateway reported beyond the worst case of the price list.
    """

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    purpose = models.CharField(max_length=12, choices=RunPurpose.choices)
    state = models.CharField(
        max_length=16, choices=RunState.choices, default=RunState.QUEUED, db_index=True
    )
    stop = models.CharField(max_length=8, choices=Stop.choices, default=Stop.NONE, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    dataset_version = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="runs"
    )
    plan = models.JSONField()
    digest = models.CharField(max_length=71)
    planned = models.PositiveIntegerField()
    concurrency = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    cap_micro = models.BigIntegerField()
    reserved_micro = models.BigIntegerField(default=0)
    spent_micro = models.BigIntegerField(default=0)
    booked_micro = models.BigIntegerField(default=0)
    overrun_micro = models.BigIntegerField(default=0)
    worst_case_micro = models.BigIntegerField(default=0)
    # Set when the run ends: planned = done + errors + skipped.
    done_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    # Every version of the portal that worked on this run, in order.
    code_versions = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="run_number_unique"),
            models.CheckConstraint(
                condition=models.Q(
                    cap_micro__gte=models.F("spent_micro") + models.F("reserved_micro")
                ),
                name="run_within_its_cap",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    reserved_micro__gte=0, spent_micro__gte=0, booked_micro__gte=0, cap_micro__gte=0
                ),
                name="run_money_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(reserved_micro=0)
                | models.Q(state__in=(RunState.QUEUED, RunState.RUNNING)),
                name="run_at_rest_reserves_nothing",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="plan_is_sealed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "plan", "digest", "planned", "dataset_version", "workload", "number", "purpose"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number}"


class RunCandidate(models.Model):
    """One candidate of a run, in the plan's order. ``stopped_code`` says why it was given up."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="candidates")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    alias = models.CharField(max_length=200)
    entry_id = models.UUIDField(null=True, blank=True, db_index=True)
    stopped_code = models.CharField(max_length=40, blank=True)
    stopped_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("run", "position"), name="run_candidate_place_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """A piece of a run's work: the items ``first`` to ``first + count - 1`` of its sealed order.

    ``fence`` grows with every claim: a driver writes only with the fence it was given.
    ``deaths`` counts drivers that died with it; ``alone`` means it is driven with nothing else
    beside it, so that the next death is its own.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="leases")
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    state = models.CharField(max_length=6, choices=LeaseState.choices, default=LeaseState.READY)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    # What the items without a result may cost at most, and how much of that is reserved now.
    estimate_micro = models.BigIntegerField()
    reserved_micro = models.BigIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    alone = models.BooleanField(default=False)

    class Meta:
        ordering = ("first",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("run", "first"), name="lease_place_unique"),
            models.CheckConstraint(
                condition=models.Q(count__gte=models.F("done") + models.F("skipped")),
                name="lease_not_overfull",
            ),
            models.CheckConstraint(
                condition=models.Q(reserved_micro=0)
                | models.Q(state="leased", reserved_micro__gt=0),
                name="lease_reserves_while_leased",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=("run", "alone", "first"),
                condition=models.Q(state="ready"),
                name="lease_ready",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.first}+{self.count} {self.state}"


class Driver(models.Model):
    """A task that drives a run at present, and how many calls it may have in flight.

    The slots of all drivers together never exceed the run's concurrency.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="drivers")
    owner = models.CharField(max_length=120, unique=True)
    slots = models.PositiveIntegerField(default=0)
    leaving = models.BooleanField(default=False)
    seen_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.owner} with {self.slots} slots"


class Result(models.Model):
    """What came back for one candidate, example and repeat. Written once.

    ``error_class`` is empty for an answer. ``cost_micro`` is the larger of the list price and what
    the gateway reported; the gateway's own figure stands beside it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    candidate = models.ForeignKey(RunCandidate, on_delete=models.PROTECT, related_name="results")
    revision = models.ForeignKey(ExampleRevision, on_delete=models.PROTECT, related_name="+")
    repeat = models.PositiveSmallIntegerField()
    output = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    refused = models.BooleanField(default=False)
    error_class = models.CharField(max_length=40, blank=True)
    error_detail = models.CharField(max_length=400, blank=True)
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    ttft_ms = models.FloatField(null=True)
    cost_micro = models.BigIntegerField(default=0)
    gateway_cost_micro = models.BigIntegerField(null=True)
    resolved_model = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=1)
    request_id = models.CharField(max_length=200, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("run", "candidate", "revision", "repeat"), name="one_result_per_item"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} {self.revision_id} {self.repeat}"


class Score(models.Model):
    """What one metric says about one result. ``outcome`` is scored, missing or error."""

    id = models.BigAutoField(primary_key=True)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="scores")
    # Place in the plan's list of metrics: one metric may stand there twice with other arguments.
    place = models.PositiveSmallIntegerField()
    metric = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8)
    value = models.FloatField(null=True)
    passed = models.BooleanField(null=True)
    detail = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("result", "place"), name="one_score_per_metric"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.value}"
