"""Prompts, their working draft, their immutable versions, and where the pointers went."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal.common.choices import ToneChoices
from portal.common.models import Record
from workloads.lifecycle.models import Workload


class Pointer(ToneChoices):
    """What a version can be to its workload; a missing pointer is an error, never "latest"."""

    # The version that the draft was begun from: the parent of the next one.
    DRAFT = "draft", "Draft"
    CANDIDATE = "candidate", "Candidate"
    PRODUCTION = "production", "Production"

    __tones__: ClassVar[dict[str, str]] = {"candidate": "info", "production": "pass"}

    @property
    def meaning(self) -> str:
        """What the pointer says, in a sentence."""
        return _MEANINGS[self.value]


_MEANINGS = {
    "draft": "What is being written began from here and descends from it.",
    "candidate": "Evaluation and builds use it.",
    "production": "It serves; only an approved release that goes live moves this.",
}


class Prompt(Record):
    """One prompt of a workload, with the draft that is being written."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="prompts")
    key = models.CharField(max_length=40, default="system")
    draft = models.JSONField()
    # Who wrote in the draft since the last commit: they are authors of the next version.
    draft_authors = ArrayField(models.UUIDField(), default=list, blank=True)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("workload", "key"), name="prompt_key_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.workload.ref} prompt {self.key}"


class PromptVersion(Record):
    """A committed prompt: numbered, with its author and note; it never changes again."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    content = models.JSONField()
    # Everybody who wrote in it, the one who committed it included; none of them can vote on it.
    authors = ArrayField(models.UUIDField(), default=list, blank=True)
    digest = models.CharField(max_length=71)
    note = models.CharField(max_length=280, blank=True)
    tokens = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("prompt", "number"), name="prompt_version_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.prompt} version {self.number}"


class PointerMove(models.Model):
    """A pointer went from one version to another: who, when, why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="moves")
    pointer = models.CharField(max_length=12, choices=Pointer.choices)
    came_from = models.ForeignKey(
        PromptVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    to = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=280, blank=True)
    decision_ref = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("-id",)
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.pointer} to {self.to}"


class FalseAlarm(models.Model):
    """A text that looks like a key and is none: which, who says so, and why. Append-only.

    ``finding`` is the digest of the text found, so that it counts wherever that same text
    stands, and for nothing else.
    """

    id = models.BigAutoField(primary_key=True)
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="false_alarms")
    finding = models.CharField(max_length=71)
    shown = models.CharField(max_length=40)
    reason = models.CharField(max_length=280)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("prompt", "finding"), name="false_alarm_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.prompt}: {self.shown} is no secret"
