"""The company's models: what each is, what it costs, and what people decided about it."""

from datetime import date
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat, Lower

from catalog.enums import (
    Currency,
    DataClass,
    EntryStatus,
    Hosting,
    PriceOrigin,
    TrainsOnData,
    Witness,
)
from catalog.matching import ModelFacts
from portal.common.canonical import digest
from portal.common.models import Record
from portal.gateway import cost


def _words() -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=40), default=list, blank=True)


def person() -> "models.ForeignKey[Any, Any]":
    """Return a column for who did it; None is the portal itself."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )


class CatalogEntry(Record):
    """One model behind one alias of the gateway. Empty and None mean: not known."""

    gateway_alias = models.CharField(max_length=200, unique=True)
    provider = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=200, blank=True)
    snapshot = models.CharField(max_length=120, blank=True)
    summary = models.CharField(max_length=400, blank=True)
    capabilities = _words()
    modalities = _words()
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    open_weights = models.BooleanField(null=True, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    hosting = models.CharField(max_length=16, choices=Hosting.choices, blank=True)
    regions = _words()
    max_data_class = models.CharField(max_length=16, choices=DataClass.choices, blank=True)
    trains_on_data = models.CharField(max_length=16, choices=TrainsOnData.choices, blank=True)
    provider_retention_days = models.PositiveIntegerField(null=True, blank=True)
    card_url = models.URLField(max_length=400, blank=True)
    known_issues = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)

    status = models.CharField(
        max_length=12, choices=EntryStatus.choices, default=EntryStatus.PROPOSED
    )
    status_reason = models.TextField(blank=True)
    restricted_units = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    restricted_tiers = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    # Who stands behind the facts: the person who wrote them last; None is the gateway itself.
    proposed_by = person()
    card_reviewed_by = person()
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_expires = models.DateField(null=True, blank=True)
    deprecation_date = models.DateField(null=True, blank=True)
    retirement_date = models.DateField(null=True, blank=True)
    replacement = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fine_tuned_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    latency_p50_ms = models.PositiveIntegerField(null=True, blank=True)
    latency_p95_ms = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_second = models.FloatField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)

    # What the alias answers as, when that is not the pinned snapshot; who saw it, since when.
    drift_answered = models.CharField(max_length=200, blank=True)
    drift_witness = models.CharField(max_length=10, choices=Witness.choices, blank=True)
    drifted_since = models.DateTimeField(null=True, blank=True)

    # Fields that a person set; a synchronisation never writes them.
    decided = _words()
    # Fields that a price map told; the gateway leaves them alone, a newer map may change them.
    imported = _words()
    last_seen_at = models.DateTimeField(null=True, blank=True)
    # Since when the gateway no longer lists the alias.
    missing_since = models.DateTimeField(null=True, blank=True)
    # What the free text of the list looks in; a line break keeps a text from matching across two.
    searched = models.GeneratedField(
        expression=Lower(
            Concat(
                "gateway_alias",
                Value("\n"),
                "provider",
                Value("\n"),
                "model",
                Value("\n"),
                "summary",
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        ordering = ("gateway_alias",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(context_window=None) | models.Q(context_window__gt=0),
                name="context_window_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(max_output_tokens=None)
                | models.Q(context_window=None)
                | models.Q(max_output_tokens__lte=models.F("context_window")),
                name="output_fits_the_context",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=("proposed", "blocked", "retired"))
                | models.Q(approval_expires__isnull=False),
                name="an_approval_has_an_end",
            ),
            models.CheckConstraint(
                condition=models.Q(card_reviewed_by=None)
                | models.Q(proposed_by=None)
                | ~models.Q(card_reviewed_by=models.F("proposed_by")),
                name="nobody_reviews_their_own_card",
            ),
            models.CheckConstraint(
                condition=models.Q(drift_answered="", drift_witness="", drifted_since=None)
                | (~models.Q(drift_answered="") & ~models.Q(drift_witness=""))
                & models.Q(drifted_since__isnull=False),
                name="a_drift_is_told_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("status", "gateway_alias"), name="catalog_entry_status"),
            models.Index(fields=("provider", "gateway_alias"), name="catalog_entry_provider"),
        ]

    def __str__(self) -> str:
        return self.gateway_alias

    def material(self) -> dict[str, Any]:
        """Return the material fields: what somebody relies on who pins this entry.

        A deprecated model is still the approved one, with an end in sight: its deprecation is
        told to those who use it and voids no approval by itself.
        """
        restricted = bool(self.restricted_units or self.restricted_tiers)
        approved = EntryStatus.RESTRICTED if restricted else EntryStatus.APPROVED
        deprecated = self.status == EntryStatus.DEPRECATED
        return {
            "gateway_alias": self.gateway_alias,
            "provider": self.provider,
            "model": self.model,
            "snapshot": self.snapshot,
            "capabilities": sorted(self.capabilities),
            "modalities": sorted(self.modalities),
            "context_window": self.context_window,
            "max_output_tokens": self.max_output_tokens,
            "hosting": self.hosting,
            "regions": sorted(self.regions),
            "max_data_class": self.max_data_class,
            "trains_on_data": self.trains_on_data,
            "provider_retention_days": self.provider_retention_days,
            "status": approved.value if deprecated else self.status,
            "restricted_to": {
                "units": sorted(self.restricted_units),
                "tiers": sorted(self.restricted_tiers),
            },
        }

    def digest(self) -> str:
        """Return the SHA-256 of the material fields as they are now."""
        return digest(self.material())

    def facts(self, price: "Price | None") -> ModelFacts:
        """Return what matching needs to know, with ``price`` as the price that counts."""
        return ModelFacts(
            alias=self.gateway_alias,
            status=self.status,
            approval_expires=self.approval_expires,
            retirement_date=self.retirement_date,
            restricted_units=tuple(self.restricted_units),
            restricted_tiers=tuple(self.restricted_tiers),
            max_data_class=self.max_data_class,
            trains_on_data=self.trains_on_data,
            regions=tuple(self.regions),
            capabilities=tuple(self.capabilities),
            context_window=self.context_window,
            max_output_tokens=self.max_output_tokens,
            price=price.as_price() if price is not None else None,
            latency_p95_ms=self.latency_p95_ms,
            offered=self.missing_since is None,
            hosting=self.hosting,
            provider_retention_days=self.provider_retention_days,
        )

    def is_usable(self, on: date) -> bool:
        """Whether the entry may be called on that day: approved in some form and not expired."""
        usable = (EntryStatus.APPROVED, EntryStatus.RESTRICTED, EntryStatus.DEPRECATED)
        return (
            self.status in usable
            and self.approval_expires is not None
            and self.approval_expires >= on
            and (self.retirement_date is None or self.retirement_date > on)
        )


class Price(models.Model):
    """What an entry costs from a moment on, per million tokens. Rows are only ever added."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(CatalogEntry, on_delete=models.PROTECT, related_name="prices")
    valid_from = models.DateTimeField()
    price_in = models.DecimalField(max_digits=18, decimal_places=6)
    price_cached = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    price_out = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    origin = models.CharField(
        max_length=10, choices=PriceOrigin.choices, default=PriceOrigin.PERSON
    )
    source = models.CharField(max_length=120)
    added_by = person()

    class Meta:
        ordering = ("-valid_from", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=("entry", "valid_from"), name="one_price_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(price_in__gte=0)
                & models.Q(price_out__gte=0)
                & (models.Q(price_cached=None) | models.Q(price_cached__gte=0)),
                name="price_not_negative",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.entry} from {self.valid_from:%Y-%m-%d}"

    def as_price(self) -> cost.Price:
        """Return the price as cost is computed with it."""
        return cost.Price(
            price_in=self.price_in,
            price_out=self.price_out,
            price_cached=self.price_cached,
            currency=self.currency,
        )
