"""Shortlists: which models were looked at, what was found, and which are candidates."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from catalog.enums import Outcome
from catalog.matching import ModelFacts, Requirements
from catalog.models import CatalogEntry
from portal.common.canonical import digest
from portal.common.models import Record
from workloads.lifecycle.models import Cycle


class CatalogRevision(models.Model):
    """The catalog as matching reads it, stored once by the digest of its content. Never changes."""

    revision = models.CharField(max_length=71, primary_key=True)
    # Each model's facts, as `ModelFacts.as_dict` writes them, by alias.
    facts = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.revision

    def contents(self) -> list[ModelFacts]:
        """Return the facts of every model as they were."""
        return [ModelFacts.from_dict(one) for one in self.facts]


class Shortlist(Record):
    """One choice of candidates. Never changes; the one with the highest number counts.

    ``created_by`` is empty when the catalog struck a candidate: nobody chose.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="shortlists")
    number = models.PositiveIntegerField()
    # What the brief asked for, as `Requirements.as_dict` writes it.
    filter = models.JSONField()
    catalog = models.ForeignKey(
        CatalogRevision,
        on_delete=models.PROTECT,
        related_name="shortlists",
        db_column="catalog_revision",
    )
    # The number of the rules by which `considered` was found.
    rules = models.PositiveSmallIntegerField()
    # Every model that was looked at, as `Match.as_dict` writes it.
    considered = models.JSONField()
    # {alias: reason}: what fits and was not taken, and what the catalog struck.
    not_taken = models.JSONField(default=dict)
    struck = models.JSONField(default=dict)
    digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("cycle", "number"), name="shortlist_number_unique"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Shortlist {self.number} of {self.cycle}"

    @property
    def catalog_revision(self) -> str:
        """The digest of the catalog that was looked at."""
        return str(self.catalog_id)

    def requirements(self) -> Requirements:
        """Return what was asked for when the choice was made."""
        return Requirements.from_dict(self.filter)

    def counts(self) -> dict[str, int]:
        """Return how many models fit, nearly fit and were ruled out."""
        outcomes = [row["outcome"] for row in self.considered]
        return {outcome.value: outcomes.count(outcome.value) for outcome in Outcome}

    def finding(self, alias: str) -> dict[str, Any] | None:
        """Return what was found about one model, or None when it was not there."""
        return next((row for row in self.considered if row["alias"] == alias), None)

    def sealed(self, candidates: list[list[str]]) -> str:
        """Return the digest of all that the choice holds; ``candidates`` as `sealed_row` gives."""
        return digest(
            {
                "filter": self.filter,
                "catalog_revision": self.catalog_revision,
                "rules": self.rules,
                "considered": self.considered,
                "not_taken": self.not_taken,
                "struck": self.struck,
                "candidates": candidates,
            }
        )


class ShortlistCandidate(models.Model):
    """One candidate of a shortlist, as the entry was when it was chosen. Never changes."""

    id = models.BigAutoField(primary_key=True)
    shortlist = models.ForeignKey(Shortlist, on_delete=models.PROTECT, related_name="candidates")
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    note = models.TextField(blank=True)
    # Why a near miss is worth testing all the same.
    reason = models.TextField(blank=True)
    entry_digest = models.CharField(max_length=71)

    class Meta:
        ordering = ("position",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("shortlist", "entry"), name="candidate_once"),
            models.UniqueConstraint(fields=("shortlist", "position"), name="candidate_position"),
            models.CheckConstraint(
                condition=~models.Q(outcome="ruled_out"), name="no_ruled_out_candidate"
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="near_miss") | ~models.Q(reason=""),
                name="a_near_miss_has_a_reason",
            ),
            models.CheckConstraint(condition=~models.Q(note=""), name="a_candidate_has_a_note"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.entry} of {self.shortlist}"

    def sealed_row(self) -> list[str]:
        """Return what the shortlist's digest holds of this candidate."""
        return [self.entry.gateway_alias, self.entry_digest, self.note, self.reason]
