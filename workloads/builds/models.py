"""Builds, their trials, and the tokens that call them."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from catalog.models import CatalogEntry
from portal.common.choices import ToneChoices
from portal.common.models import Record
from workloads.lifecycle.models import Cycle, Workload
from workloads.prompts.models import PromptVersion


class Architecture(ToneChoices):
    """In what shape the workload meets its users."""

    API = "api", "API service"
    CHATBOT = "chatbot", "Chatbot"
    EMBEDDED = "embedded", "Feature in another product"
    BATCH = "batch", "Batch pipeline"
    AGENT = "agent", "Agent"


class Logging(ToneChoices):
    """What is kept of each call, least first."""

    OFF = "off", "Figures only"
    REDACTED = "redacted", "Text, personal data redacted"
    FULL = "full", "Full text"


class Build(Record):
    """One build of a cycle: the locked model, the prompt version and the parts around them.

    ``content`` holds architecture, decision_record, parts (names of steps and guards that are
    on) with their part_versions, logging, retention_days and alerts. Immutable: a change is a new
    build.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="builds")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    model_lock = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    model_digest = models.CharField(max_length=71)
    prompt_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+")
    # Which parts passed their own test when the build was made: {name: bool}.
    part_tests = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "number"), name="build_number_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} build {self.number}"


class TrialKind(ToneChoices):
    """What was tried on a build."""

    CALL = "call", "Call through the gateway"
    KILL_SWITCH = "kill_switch", "Kill switch"


class TrialOutcome(ToneChoices):
    """How a trial ended."""

    WORKS = "works", "Works"
    FAILS = "fails", "Does not work"

    __tones__: ClassVar[dict[str, str]] = {"works": "pass", "fails": "fail"}


class Trial(models.Model):
    """That somebody tried a build, and what was seen. Append-only."""

    id = models.BigAutoField(primary_key=True)
    build = models.ForeignKey(Build, on_delete=models.PROTECT, related_name="trials")
    kind = models.CharField(max_length=12, choices=TrialKind.choices)
    passed = models.BooleanField()
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.build}: {self.kind}"

    @property
    def outcome(self) -> TrialOutcome:
        """How it ended, with its words, tone and symbol."""
        return TrialOutcome.WORKS if self.passed else TrialOutcome.FAILS


class Switch(models.Model):
    """Whether calls of a workload are served at all: the kill switch. No row means on."""

    workload = models.OneToOneField(
        Workload, on_delete=models.PROTECT, primary_key=True, related_name="switch"
    )
    off_since = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=280, blank=True)

    def __str__(self) -> str:
        return f"{self.workload.ref} {'off' if self.off_since else 'on'}"


class TokenScope(ToneChoices):
    """What a token may call."""

    STAGING = "staging", "The build under test"
    LIVE = "live", "The live release"


class AccessToken(Record):
    """A key to one workload's endpoint; only its SHA-256 is kept, the key is shown once."""

    workload = models.ForeignKey(Workload, on_delete=models.PROTECT, related_name="access_tokens")
    scope = models.CharField(max_length=8, choices=TokenScope.choices)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    secret_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.prefix}… {self.scope}"
