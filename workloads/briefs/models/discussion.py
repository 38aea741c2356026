"""What people say about the answers of a brief: comments, and suggestions of a new answer."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from workloads.briefs.enums import RemarkKind, SuggestionOutcome
from workloads.briefs.models.brief import Brief


class Remark(models.Model):
    """One thing said about an answer, or that its discussion ended or began again.

    Never changes: who wants to say it better says it again. A discussion is resolved while the
    last remark says so.
    """

    id = models.BigAutoField(primary_key=True)
    brief = models.ForeignKey(Brief, on_delete=models.PROTECT, related_name="remarks")
    # The name of a question, or "kpis".
    field = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=RemarkKind.choices)
    text = models.TextField(blank=True)
    # The number that the answers had, or were to get, when it was said.
    version = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~models.Q(kind="comment", text=""), name="comment_says_something"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(
                name="what_was_said_stays", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.field}: {self.kind}"


class Suggestion(models.Model):
    """A new answer that somebody proposes with a reason; the owner or a contributor decides.

    ``was`` and ``proposed`` are ``{"value": …}`` as JSON data, or ``{"typed": …}`` for text that
    was no answer. For a figure of a KPI, ``kpi`` is its id and ``part`` the name of the field.
    """

    id = models.BigAutoField(primary_key=True)
    brief = models.ForeignKey(Brief, on_delete=models.PROTECT, related_name="suggestions")
    field = models.CharField(max_length=40)
    kpi = models.UUIDField(null=True, blank=True)
    part = models.CharField(max_length=20, blank=True)
    was = models.JSONField()
    proposed = models.JSONField()
    reason = models.TextField()
    version = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(
        max_length=10, choices=SuggestionOutcome.choices, default=SuggestionOutcome.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(outcome="open", decided_by=None, decided_at=None)
                | (
                    ~models.Q(outcome="open")
                    & models.Q(decided_by__isnull=False, decided_at__isnull=False)
                ),
                name="suggestion_decided_by_somebody",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="what_was_proposed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "brief", "field", "kpi", "part", "was", "proposed", "reason", "version",
                    "author", "at",
                ),
            ),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__outcome="open"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.author} suggests {self.field}: {self.outcome}"
