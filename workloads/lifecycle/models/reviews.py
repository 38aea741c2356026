"""Reviews of a gate, who opened their page, and the votes."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models

from portal.accounts.models import Remit
from portal.common.models import Record
from workloads.lifecycle.enums import ReviewOutcome, VoteChoice
from workloads.lifecycle.models.workloads import Cycle


class Review(Record):
    """One request to pass a gate: which bytes, who may say so, and how it ended."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="reviews")
    phase = models.CharField(max_length=20)
    round = models.PositiveIntegerField()
    manifest = models.JSONField()
    manifest_digest = models.CharField(max_length=71)
    tier = models.PositiveSmallIntegerField()
    # [["business"], ["risk", "security"]]: one vote for each entry, from any remit in it.
    requirements = models.JSONField()
    # {remit: [user ids]} as of the request; a vote needs the roster and the role still held.
    roster = models.JSONField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=20, choices=ReviewOutcome.choices, default=ReviewOutcome.OPEN
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("-requested_at",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "phase", "round"), name="review_round_unique"),
            models.UniqueConstraint(
                fields=("cycle", "phase"),
                condition=models.Q(outcome="open"),
                name="one_open_review_per_phase",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="manifest_is_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "manifest", "manifest_digest", "requirements", "roster", "requested_by"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.phase} review {self.round}"


class ReviewReading(models.Model):
    """That a voter had opened the page of one exact manifest before voting.

    The page carries a signed, one-time nonce; the row is written when a vote uses it, so that
    opening a page changes nothing, and the unique nonce refuses to be used again.
    """

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    manifest_digest = models.CharField(max_length=71)
    nonce = models.CharField(max_length=64, unique=True)
    opened_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} read {self.review}"


class Vote(models.Model):
    """What one person said in one review. Kept for ever; the latest of a voter counts."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    remit = models.CharField(max_length=12, choices=Remit.choices)
    choice = models.CharField(max_length=16, choices=VoteChoice.choices)
    reason = models.TextField(blank=True)
    manifest_digest = models.CharField(max_length=71)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=("review", "voter"),
                condition=models.Q(lifted_at=None, struck_at=None),
                name="one_standing_vote_per_voter",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="what_was_said_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "review", "voter", "remit", "choice", "reason", "manifest_digest", "at"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voter}: {self.choice}"
