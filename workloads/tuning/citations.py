"""How tuning decisions and model locks that are cited as evidence are shown."""

from django.urls import reverse

from catalog.models import CatalogEntry
from workloads.lifecycle.evidence import EvidenceCard
from workloads.tuning.models import TuningDecision


def decision_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of the decision of workload ``ref``, or None."""
    number = int(version) if version.isdecimal() and len(version) < 10 else 0
    found = (
        TuningDecision.objects.filter(cycle__workload__ref=ref, number=number)
        .order_by("cycle__number")
        .last()
    )
    if found is None:
        return None
    return EvidenceCard(
        f"Tuning decision {found.number}", reverse("tuning:tuning", args=[ref]), found.digest
    )


def lock_card(alias: str, version: str) -> EvidenceCard | None:
    """Return the card of the locked model ``alias``, or None."""
    entry = CatalogEntry.objects.filter(gateway_alias=alias).first()
    if entry is None:
        return None
    return EvidenceCard(
        f"Final model {alias} ({version})",
        reverse("catalog:entry", args=[entry.pk]),
        entry.digest(),
    )
