"""Criteria, campaigns and executions: the bar, the test, and what was seen."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.common.models import Record
from workloads.builds.models import Build
from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import (
    CampaignState,
    CampaignVerdict,
    Category,
    Comparator,
    Rule,
    Verdict,
)


class CriteriaSet(Record):
    """One version of a cycle's criteria; written, then locked, then never changed."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="criteria_sets")
    version = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Everybody who wrote in it or in a version that it was copied from: none of them locks it from
    # tier 2 up, and none of them votes.
    writers = ArrayField(models.UUIDField(), default=list, blank=True)
    row_version = models.PositiveIntegerField(default=0)
    # Why a version after the first was needed: shown with the decision.
    reason = models.CharField(max_length=400, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What the criteria are measured on and against, fixed at the lock: references.
    dataset = models.JSONField(default=dict, blank=True)
    baseline = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=71, blank=True)

    class Meta:
        ordering = ("-version",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "version"), name="criteria_version_unique"),
            models.CheckConstraint(
                condition=models.Q(locked_at=None, locked_by=None)
                | models.Q(locked_at__isnull=False, locked_by__isnull=False),
                name="a_lock_has_a_locker",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(
                name="locked_for_good",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__locked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} criteria {self.version}"


class Criterion(models.Model):
    """One bar: a measure, a comparator, a threshold, and the rule it is judged by."""

    id = models.BigAutoField(primary_key=True)
    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=160)
    category = models.CharField(
        max_length=12, choices=Category.choices, default=Category.EVALUATION
    )
    metric = models.CharField(max_length=80)
    comparator = models.CharField(max_length=2, choices=Comparator.choices)
    threshold = models.DecimalField(max_digits=18, decimal_places=6)
    # "overall", or "kind:edge" for a slice.
    scope = models.CharField(max_length=40, default="overall")
    min_n = models.PositiveIntegerField(default=1)
    rule = models.CharField(max_length=16, choices=Rule.choices)
    margin = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    # The name of the brief's KPI that this criterion holds to, if any.
    kpi = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(rule="not_worse") | models.Q(margin__gt=0),
                name="not_worse_has_a_margin",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Trigger(
                name="locked_with_its_set",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                IF EXISTS (
                    SELECT 1 FROM workloads_reviews_criteriaset s
                    WHERE s.locked_at IS NOT NULL
                      AND s.id IN (NEW.criteria_set_id, OLD.criteria_set_id)
                ) THEN
                    RAISE EXCEPTION 'pgtrigger: Cannot change criteria that are locked';
                END IF;
                RETURN COALESCE(NEW, OLD);
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Campaign(Record):
    """One test of one build against one locked set of criteria."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="campaigns")
    number = models.PositiveIntegerField()
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="campaigns")
    criteria_set = models.ForeignKey(
        CriteriaSet, on_delete=models.PROTECT, related_name="campaigns"
    )
    # Why an unchanged build was tested again.
    reason = models.CharField(max_length=400, blank=True)
    # {category: reference}: the runs that produce the evidence.
    runs = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=CampaignState.choices, default=CampaignState.TESTING
    )
    state_reason = models.CharField(max_length=400, blank=True)
    verdict = models.CharField(
        max_length=10, choices=CampaignVerdict.choices, default=CampaignVerdict.INCOMPLETE
    )
    started_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=71, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "number"), name="campaign_number_unique"),
            models.UniqueConstraint(
                fields=("cycle",),
                condition=models.Q(state="testing"),
                name="one_testing_campaign_per_cycle",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="verdict_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.concluded_at IS NOT NULL AND (OLD.verdict, OLD.digest, OLD.build_id,"
                    " OLD.criteria_set_id, OLD.runs) IS DISTINCT FROM (NEW.verdict, NEW.digest,"
                    " NEW.build_id, NEW.criteria_set_id, NEW.runs)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} campaign {self.number}"

    @property
    def standing(self) -> CampaignState:
        """Where it stands, with its words, tone and symbol."""
        return CampaignState(self.state)

    @property
    def shown(self) -> CampaignVerdict:
        """The verdict with its words, tone and symbol."""
        return CampaignVerdict(self.verdict)


class Execution(models.Model):
    """What one campaign saw for one criterion. Append-only; each attempt stays."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="executions")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="executions")
    attempt = models.PositiveIntegerField(default=1)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    words = models.CharField(max_length=400)
    # Where the number comes from: {kind, ref, version, digest}.
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ("criterion__position", "attempt")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("campaign", "criterion", "attempt"), name="execution_attempt_unique"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.verdict}"

    @property
    def shown(self) -> Verdict:
        """The verdict with its words, tone and symbol."""
        return Verdict(self.verdict)
