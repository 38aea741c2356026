"""How tuning decisions and model locks that are cited as evidence are shown."""

from django.urls import reverse

from catalog.selectors import entry_called
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle
from workloads.tuning.models import TuningDecision
from workloads.tuning.selectors import decision_of


def decision_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of the decision of workload ``ref``, or None."""
    number = int(version) if version.isdecimal() and len(version) < 10 else 0
    cycle = cited_cycle(ref)
    found = decision_of(cycle) if cycle is not None else None
    if found is None or found.number != number:
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
    entry = entry_called(alias)
    if entry is None:
        return None
    return EvidenceCard(
        f"Final model {alias} ({version})",
        reverse("catalog:entry", args=[entry.pk]),
        entry.digest(),
    )
