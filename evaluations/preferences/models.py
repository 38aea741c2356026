"""Blind studies: the pairs of answers, who rates them, on which side each stood, the verdicts."""

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from evaluations.datasets.models import ExampleRevision
from evaluations.preferences.enums import Choice, StudyState
from evaluations.runs.models import Result, Run
from portal.common.models import Record
from workloads.lifecycle.models import Cycle, Workload

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class Study(Record):
    """Which answers of one complete run people prefer, without knowing whose they are.

    ``plan`` is what was sealed when it was opened, ``document`` what it showed, written once when
    it is closed; each has its digest.
    """

    workload = models.ForeignKey(
        Workload, on_delete=models.PROTECT, related_name="preference_studies"
    )
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="preference_studies")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="preference_studies")
    number = models.PositiveIntegerField()
    question = models.CharField(max_length=280)
    state = models.CharField(
        max_length=8, choices=StudyState.choices, default=StudyState.OPEN, db_index=True
    )
    plan = models.JSONField()
    plan_digest = models.CharField(max_length=71)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.CharField(max_length=400, blank=True)
    document = models.JSONField(null=True, blank=True)
    digest = models.CharField(max_length=71, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "number"), name="study_number_unique"),
            models.CheckConstraint(
                condition=models.Q(state="open", document=None, closed_at=None, digest="")
                | models.Q(state="closed", document__isnull=False, closed_at__isnull=False),
                name="study_result_only_when_closed",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="plan_is_sealed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "plan", "plan_digest", "run", "workload", "cycle", "number", "question"
                ),
            ),
            pgtrigger.Protect(
                name="closed_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="closed"),
            ),
        ]

    def __str__(self) -> str:
        return f"study {self.number}"


class StudyPair(models.Model):
    """Two answers to one example; ``first`` is of the candidate that comes first in the plan."""

    id = models.BigAutoField(primary_key=True)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="pairs")
    position = models.PositiveSmallIntegerField()
    revision = models.ForeignKey(ExampleRevision, on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("position",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("study", "position"), name="study_pair_place_unique"),
            models.UniqueConstraint(fields=("study", "first", "second"), name="study_pair_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"pair {self.position}"


class StudyRater(models.Model):
    """Somebody who was asked to rate; results name the seat, not the person.

    ``works_on_it`` says that the person edits the workload, which a reader of the result is told.
    """

    id = models.BigAutoField(primary_key=True)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="raters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveSmallIntegerField()
    works_on_it = models.BooleanField()
    invited_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("seat",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("study", "user"), name="study_rater_once"),
            models.UniqueConstraint(fields=("study", "seat"), name="study_seat_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"rater {self.seat}"


class Rating(models.Model):
    """One pair for one rater: when in their order, on which side, and what they said.

    Its id is random and says nothing about pair or side. A verdict is given once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rater = models.ForeignKey(StudyRater, on_delete=models.PROTECT, related_name="ratings")
    pair = models.ForeignKey(StudyPair, on_delete=models.PROTECT, related_name="ratings")
    place = models.PositiveSmallIntegerField()
    first_is_a = models.BooleanField()
    choice = models.CharField(max_length=8, choices=Choice.choices, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("place",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("rater", "pair"), name="rated_once"),
            models.UniqueConstraint(fields=("rater", "place"), name="rating_place_unique"),
            models.CheckConstraint(
                condition=models.Q(choice="", at=None)
                | models.Q(choice__in=Choice.values, at__isnull=False),
                name="rating_has_its_time",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="sides_are_sealed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("rater", "pair", "place", "first_is_a"),
            ),
            pgtrigger.Protect(
                name="verdict_is_final",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__choice=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater_id} {self.place} {self.choice or 'not yet'}"
