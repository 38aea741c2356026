"""Where reviewers set the risk tier aside from what the answers say."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from portal.common.models import Record
from workloads.briefs.enums import OverrideState
from workloads.briefs.models.brief import Brief
from workloads.briefs.tiering import Overridden


class TierOverride(Record):
    """One decision on a tier: raised by one reviewer, or lowered by two people.

    What was decided, why and on which assessment never changes; only its state moves on. A raise
    that two people eased may leave the very tier that the answers demand.
    """

    brief = models.ForeignKey(Brief, on_delete=models.PROTECT, related_name="overrides")
    tier = models.PositiveSmallIntegerField()
    # What the answers demanded then, and the digest of that assessment.
    computed = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=71)
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seconded_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=OverrideState.choices)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(tier__range=(1, 4)), name="override_tier_1_to_4"
            ),
            models.CheckConstraint(
                condition=models.Q(seconded_by=None)
                | ~models.Q(seconded_by=models.F("proposed_by")),
                name="override_seconded_by_another_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="standing")
                | models.Q(tier__gt=models.F("computed"))
                | models.Q(seconded_by__isnull=False),
                name="override_lowered_by_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ended")
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="override_ended_by_somebody",
            ),
            models.UniqueConstraint(
                fields=("brief",),
                condition=models.Q(state="proposed"),
                name="one_proposed_override",
            ),
            models.UniqueConstraint(
                fields=("brief",),
                condition=models.Q(state="standing"),
                name="one_standing_override",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decision_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "brief", "tier", "computed", "basis", "reason", "proposed_by"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Tier {self.tier} instead of {self.computed}"

    @property
    def raises(self) -> bool:
        """Whether it sets a higher tier than the answers demanded."""
        return self.tier > self.computed

    @property
    def standing(self) -> OverrideState:
        """Its state as pages show it."""
        return OverrideState(self.state)

    def as_overridden(self) -> Overridden:
        """Return it as the assessment takes it."""
        people = [self.proposed_by_id, *([self.seconded_by_id] if self.seconded_by_id else [])]
        return Overridden(
            tier=self.tier, raises=self.raises, basis=self.basis, reason=self.reason,
            people=tuple(str(one) for one in people),
        )  # fmt: skip
