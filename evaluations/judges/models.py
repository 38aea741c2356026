"""Judges in versions, what people label, and the calibrations that compare the two."""

from typing import ClassVar

import pgtrigger
from django.db import models

from catalog.models import CatalogEntry
from evaluations.datasets.models import DatasetVersion, ExampleRevision
from evaluations.judges.enums import Given, Label, Levels, Standing
from evaluations.judges.prompting import Content
from portal.accounts.models import User
from portal.common.models import Record
from workloads.lifecycle.models import Workload

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class Judge(Record):
    """A judge of one workload by name; its measure is called ``judge:NAME``."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="judges")
    name = models.SlugField(max_length=40)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "name"), name="judge_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class JudgeVersion(Record):
    """What is asked, of which model, and on which examples people say what is right.

    ``criterion_digest`` covers what people and judge are both asked, ``digest`` the model besides.
    Scores of two versions are never compared.
    """

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    criterion = models.CharField(max_length=300)
    rubric = models.TextField()
    levels = models.CharField(max_length=1, choices=Levels.choices, default=Levels.TWO)
    given = models.CharField(max_length=10, choices=Given.choices)
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    alias = models.CharField(max_length=200)
    snapshot = models.CharField(max_length=120, blank=True)
    max_tokens = models.PositiveIntegerField()
    calibration_set = models.ForeignKey(
        DatasetVersion, on_delete=models.PROTECT, related_name="judge_versions"
    )
    criterion_digest = models.CharField(max_length=71)
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("judge", "number"), name="judge_version_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.judge} version {self.number}"

    @property
    def pairwise(self) -> bool:
        """Whether it compares two answers; otherwise it grades one by itself."""
        return Levels(self.levels).pairwise

    @property
    def content(self) -> Content:
        """What is asked, as the pure parts read it."""
        return Content(self.criterion, self.rubric, Levels(self.levels), Given(self.given))


class HumanLabel(Record):
    """What one person says of one calibration example, without having seen a judge's verdict.

    ``settles`` marks the label that decides an example on which two raters differ; it plays no
    part in how far people agree.
    """

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="labels")
    criterion_digest = models.CharField(max_length=71)
    revision = models.ForeignKey(ExampleRevision, on_delete=models.PROTECT, related_name="+")
    rater = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=12, choices=Label.choices)
    settles = models.BooleanField(default=False)

    class Meta:
        ordering = ("created_at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("judge", "criterion_digest", "revision", "rater", "settles"),
                name="one_label_per_rater",
            ),
            models.UniqueConstraint(
                fields=("judge", "criterion_digest", "revision"),
                condition=models.Q(settles=True),
                name="one_settling_label",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.rater}: {self.label}"


class Calibration(Record):
    """One comparison of a judge version with people. The newest finished one counts.

    ``labels`` are frozen when it begins: {revision: {rater: label}} and {revision: label} of those
    that were settled. ``verdicts`` ({revision: [first, second, third]}) and ``document`` come when
    the judge has answered; from then on nothing changes.
    """

    version = models.ForeignKey(JudgeVersion, on_delete=models.PROTECT, related_name="calibrations")
    number = models.PositiveIntegerField()
    labels = models.JSONField()
    run_ref = models.CharField(max_length=64, blank=True)
    verdicts = models.JSONField(null=True)
    document = models.JSONField(null=True)
    standing = models.CharField(max_length=8, choices=Standing.choices, default=Standing.ADVISORY)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("version", "number"), name="calibration_number_unique"),
            models.UniqueConstraint(
                fields=("version",),
                condition=models.Q(finished_at=None),
                name="one_open_calibration",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="finished_is_final",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__finished_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="labels_are_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("version", "number", "labels"),
            ),
        ]

    def __str__(self) -> str:
        return f"calibration {self.number} of {self.version}"
