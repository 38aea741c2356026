"""Catalog entries as tests need them: complete, approved and priced unless said otherwise."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.enums import EntryStatus, Witness
from catalog.models import CatalogEntry, Price
from catalog.services.drift import mark_drift
from portal.gateway.types import ModelInfo

_numbers = itertools.count(1)


def entry(
    alias: str = "", *, price: tuple[str, str] | None = ("1", "4"), **more: Any
) -> CatalogEntry:
    """Return an approved entry that fits a modest brief; ``price`` is per million in and out."""
    name = alias or f"model-{next(_numbers)}"
    values: dict[str, Any] = {
        "provider": "Testers",
        "model": name,
        "snapshot": f"{name}-2026-05-01",
        "capabilities": ["json_schema", "streaming"],
        "modalities": ["text"],
        "context_window": 32_000,
        "max_output_tokens": 4_000,
        "hosting": "own",
        "regions": ["eu"],
        "max_data_class": "restricted",
        "trains_on_data": "no",
        "status": EntryStatus.APPROVED,
        "approval_expires": timezone.now().date() + timedelta(days=90),
        "latency_p95_ms": 600,
    }
    made = CatalogEntry.objects.create(gateway_alias=name, **{**values, **more})
    if price is not None:
        add_price(made, *price)
    return made


def add_price(made: CatalogEntry, price_in: str, price_out: str, currency: str = "USD") -> Price:
    """Add a price that counts from now on."""
    return Price.objects.create(
        entry=made,
        valid_from=timezone.now(),
        price_in=Decimal(price_in),
        price_out=Decimal(price_out),
        currency=currency,
        source="test",
    )


def info(alias: str = "swift", **more: Any) -> ModelInfo:
    """Return what a gateway says of a model, as `portal.gateway` hands it over."""
    extra = {
        "mode": "chat",
        "snapshot": f"{alias}-2026-05-01",
        "hosting": "provider",
        "regions": ["eu-central-1"],
        "max_data_class": "confidential",
        "trains_on_data": "no",
        "simulated": True,
        **more.pop("extra", {}),
    }
    values: dict[str, Any] = {
        "provider": "Sandbox",
        "model": alias,
        "context_window": 32_000,
        "max_output_tokens": 4_000,
        "price_in": Decimal("0.5"),
        "price_out": Decimal("2"),
        "capabilities": ("response_schema", "native_streaming"),
    }
    return ModelInfo(alias=alias, extra=extra, **{**values, **more})


def drift(entry: CatalogEntry, answered: str) -> None:
    """The alias of ``entry`` answers as another snapshot from now on; the probe saw it."""
    with transaction.atomic():
        row = CatalogEntry.objects.select_for_update().get(pk=entry.pk)
        mark_drift(actor=None, entry=row, answered=answered, witness=Witness.PROBE)
