"""A workload, its members, its cycles, and where each phase of a cycle stands."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.common.models import Record
from workloads.lifecycle.enums import (
    CycleKind,
    CycleState,
    MemberRole,
    PhaseState,
    WorkloadStatus,
)


class Workload(Record):
    """One use of a model by the company. ``ref`` is how people and URLs name it: WL-0001."""

    number = models.PositiveIntegerField(unique=True, editable=False)
    ref = models.CharField(max_length=12, unique=True, editable=False)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=280, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_workloads"
    )
    business_unit = models.CharField(max_length=80, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    status = models.CharField(
        max_length=12, choices=WorkloadStatus.choices, default=WorkloadStatus.DRAFT
    )
    # Set by phase 1 from the brief; None until the brief says enough. Gates read them here.
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    personal_data = models.BooleanField(default=False)
    prohibited = models.BooleanField(default=False)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("name",),
                condition=~models.Q(status__in=("retired", "rejected")),
                name="workload_name_unique_while_active",
            ),
            models.CheckConstraint(
                condition=models.Q(tier=None) | models.Q(tier__range=(1, 4)), name="tier_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"


class Membership(Record):
    """What a person is to a workload; ended by a date, never deleted."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=12, choices=MemberRole.choices)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("workload", "user", "role"),
                condition=models.Q(ended_at=None),
                name="one_standing_membership",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.workload}"


class Cycle(Record):
    """One walk of a workload through the phases."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="cycles")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=CycleKind.choices, default=CycleKind.INITIAL)
    state = models.CharField(max_length=10, choices=CycleState.choices, default=CycleState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="cycle_number_unique"),
            models.UniqueConstraint(
                fields=("workload",),
                condition=models.Q(state="open"),
                name="one_open_cycle_per_workload",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workload.ref} cycle {self.number}"


class PhaseRecord(Record):
    """Where one phase of a cycle stands. Written by `lifecycle.services` alone."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="phase_records")
    phase = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=PhaseState.choices, default=PhaseState.OPEN)
    passed_at = models.DateTimeField(null=True, blank=True)
    # The manifest that was passed; whether it still holds is a comparison with the present one.
    manifest = models.JSONField(default=list, blank=True)
    manifest_digest = models.CharField(max_length=71, blank=True)
    review = models.ForeignKey(
        "workloads_lifecycle.Review",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # Why the phase is open again or stale, or what a reviewer asked for: pinned until the
    # next submission.
    reason = models.TextField(blank=True)
    reason_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "phase"), name="one_record_per_phase"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.phase} {self.state}"
