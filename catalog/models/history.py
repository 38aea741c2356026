"""What was decided about a model and what was measured of it: rows that are only ever added."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from catalog.enums import Answered, EntryStatus, ProbeState
from catalog.models.entries import CatalogEntry, person
from portal.common.models import Record


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class StatusChange(models.Model):
    """One decision: from which status to which, why, and under what conditions."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    # None is the portal itself: a retirement whose day has come, a card that was changed.
    decided_by = person()
    before = models.CharField(max_length=12, choices=EntryStatus.choices)
    after = models.CharField(max_length=12, choices=EntryStatus.choices)
    reason = models.TextField()
    approval_expires = models.DateField(null=True, blank=True)
    retirement_date = models.DateField(null=True, blank=True)
    restricted_units = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    restricted_tiers = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    replacement = models.CharField(max_length=200, blank=True)
    # What the card said when it was decided.
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-at", "-id")
        triggers: ClassVar[list[pgtrigger.Trigger]] = [_append_only()]

    def __str__(self) -> str:
        return f"{self.entry} {self.after} on {self.at:%Y-%m-%d}"


class Probe(Record):
    """One round of measuring: what it was going to call and spend at most, and how it ended.

    Amounts are by currency, since models are priced in different ones.
    """

    state = models.CharField(max_length=10, choices=ProbeState.choices, default=ProbeState.QUEUED)
    message = models.CharField(max_length=400, blank=True)
    calls_each = models.PositiveSmallIntegerField()
    # {currency: amount}: the most that it may spend; stated before it starts.
    cap = models.JSONField()
    spent = models.JSONField(default=dict)
    # [{entry, alias, worst_case, currency}] in the order in which they are measured.
    planned = models.JSONField()
    # [{alias, why}]: what is not measured this time.
    skipped = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(state__in=(ProbeState.QUEUED, ProbeState.RUNNING)),
                name="one_probe_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Probe of {self.created_at:%Y-%m-%d %H:%M}"


class Measurement(models.Model):
    """What one probe saw of one model. Times in milliseconds; n is ``answered`` of ``calls``."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="measurements")
    probe = models.ForeignKey(Probe, on_delete=models.PROTECT, related_name="measurements")
    at = models.DateTimeField()
    calls = models.PositiveSmallIntegerField()
    answered = models.PositiveSmallIntegerField()
    latency_p50_ms = models.PositiveIntegerField(null=True, blank=True)
    latency_p95_ms = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_second = models.FloatField(null=True, blank=True)
    pinned = models.CharField(max_length=120, blank=True)
    answered_as = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    standing = models.CharField(max_length=10, choices=Answered.choices)
    cost = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("probe", "entry"), name="one_measurement_a_probe"),
            models.CheckConstraint(
                condition=models.Q(answered__lte=models.F("calls")),
                name="no_more_answers_than_calls",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [_append_only()]

    def __str__(self) -> str:
        return f"{self.entry} on {self.at:%Y-%m-%d}"
