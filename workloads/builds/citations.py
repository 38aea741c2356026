"""How builds that are cited as evidence are shown."""

from django.urls import reverse

from workloads.builds.models import Build
from workloads.builds.selectors import build_of
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle


def build_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of build ``version`` of workload ``ref``, or None."""
    number = int(version) if version.isdecimal() and len(version) < 10 else 0
    cycle = cited_cycle(ref)
    found = build_of(cycle) if cycle is not None else None
    if found is None or found.number != number:
        found = (
            Build.objects.filter(cycle__workload__ref=ref, number=number)
            .order_by("cycle__number")
            .last()
        )
    if found is None:
        return None
    return EvidenceCard(f"Build {found.number}", reverse("builds:build", args=[ref]), found.digest)
