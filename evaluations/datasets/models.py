"""Datasets, their content-addressed examples, and their immutable versions."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from evaluations.datasets.enums import (
    DataClass,
    Expects,
    ImportMode,
    Kind,
    ProposalState,
    Purpose,
    Source,
    UploadState,
)
from portal.common.models import Record
from workloads.lifecycle.models import Workload

IMMUTABLE = pgtrigger.Update | pgtrigger.Delete


class Dataset(Record):
    """A named collection of examples of one workload. ``ref`` is how URLs name it: DS-0001."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="datasets")
    number = models.PositiveIntegerField(unique=True, editable=False)
    ref = models.CharField(max_length=12, unique=True, editable=False)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.GOLDEN)
    description = models.TextField(blank=True)
    # [{"type": "public", "ref": "https://…", "licence": "CC BY 4.0"}]
    sources = models.JSONField(default=list)
    data_class = models.CharField(
        max_length=12, choices=DataClass.choices, default=DataClass.INTERNAL
    )
    contains_pii = models.BooleanField(default=False)
    # What every example has to look like: its variables (none: not declared), and the JSON
    # Schema of what is expected.
    variables = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    expected_schema = models.JSONField(null=True, blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "name"), name="dataset_name_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"


class ExampleRevision(Record):
    """One example as it was at one time, named by the digest of what it holds.

    ``key`` stays the same when the example is edited. ``input`` is an object of values by
    variable name, or one text.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="revisions")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    input = models.JSONField()
    context = models.JSONField(default=list)
    expected = models.JSONField(null=True)
    expects = models.CharField(max_length=10, choices=Expects.choices, default=Expects.ANSWER)
    must_include = models.JSONField(default=list)
    must_not_include = models.JSONField(default=list)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    weight = models.FloatField(default=1.0)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.AUTHORED)
    source_ref = models.CharField(max_length=400, blank=True)
    licence = models.CharField(max_length=400, blank=True)
    # Kept from those who write the workload's prompts: they see its key and kind alone.
    held_out = models.BooleanField(default=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Over the input and its context alone: equal inputs are duplicates whatever they expect.
    input_digest = models.CharField(max_length=71)
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("created_at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("dataset", "key", "digest"), name="example_revision_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(weight__range=(0.1, 10)), name="example_weight_range"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.digest[7:15]}"


class DraftExample(models.Model):
    """One line of the working draft: which revision of which example, in which place."""

    id = models.BigAutoField(primary_key=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="draft_examples")
    key = models.CharField(max_length=64)
    revision = models.ForeignKey(ExampleRevision, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("dataset", "key"), name="draft_key_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.key}"


class DatasetVersion(Record):
    """A committed list of examples: numbered, digested, never changed again."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=71)
    note = models.CharField(max_length=280)
    n = models.PositiveIntegerField()
    # {"typical": 88, "edge": 50, "adversarial": 12}
    kinds = models.JSONField()
    # {"variables": ["subject", "body"], "expected": {JSON Schema} or null}
    declared = models.JSONField(default=dict)
    held_out = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("dataset", "number"), name="dataset_version_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.dataset.ref} version {self.number}"


class VersionExample(models.Model):
    """One line of a committed version."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="lines")
    revision = models.ForeignKey(ExampleRevision, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("version", "position"), name="version_place_unique"),
            models.UniqueConstraint(fields=("version", "revision"), name="version_example_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.position}"


class ImportUpload(Record):
    """A file between its upload and its confirmation. The bytes go when it is decided."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=120)
    data = models.BinaryField()
    size = models.PositiveIntegerField()
    mode = models.CharField(max_length=8, choices=ImportMode.choices, default=ImportMode.ADD)
    # {"Question": "input", "Label": "expected.category"}: columns that mean another field.
    mapping = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=UploadState.choices, default=UploadState.WAITING
    )

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.filename} for {self.dataset}"


class Proposal(Record):
    """An example that somebody proposes: in quarantine until another person decides.

    ``content`` is the example as a line of a JSONL file holds it; ``key`` names the example of
    the draft that it would replace, "" for a new one.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="proposals")
    key = models.CharField(max_length=64, blank=True)
    content = models.JSONField()
    input_digest = models.CharField(max_length=71)
    reason = models.CharField(max_length=1_000)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.AUTHORED)
    source_ref = models.CharField(max_length=400, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        max_length=10, choices=ProposalState.choices, default=ProposalState.WAITING
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=1_000, blank=True)
    revision = models.ForeignKey(
        ExampleRevision, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("dataset", "state"), name="proposal_by_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(state=ProposalState.WAITING, decided_by=None)
                | (~models.Q(state=ProposalState.WAITING) & models.Q(decided_by__isnull=False)),
                name="proposal_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Proposal for {self.dataset}"


class RemovalConsent(Record):
    """A reviewer's word that an adversarial example of a version may go, or be changed."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="consents")
    key = models.CharField(max_length=64)
    reason = models.CharField(max_length=1_000)

    class Meta:
        ordering = ("created_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("version", "key"), name="one_consent_per_example"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=IMMUTABLE),
        ]

    def __str__(self) -> str:
        return f"{self.key} may leave {self.version}"
