"""How a cited shortlist or catalog entry is shown. The catalog stands below the lifecycle and
cannot register its own card, so the phase that cites entries does.
"""

from django.urls import reverse

from catalog.models import CatalogEntry
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.models import Workload
from workloads.lifecycle.selectors import current_cycle
from workloads.selection.selectors import shortlist_numbered


def shortlist_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a workload's shortlist, or None when there is none of that number."""
    workload = Workload.objects.filter(ref=ref).first()
    if workload is None or not (version.isascii() and version.isdecimal()):
        return None
    found = shortlist_numbered(current_cycle(workload), int(version))
    if found is None:
        return None
    url = reverse("selection:shortlist", args=[ref, found.number])
    return EvidenceCard(f"Shortlist {found.number}", url, found.digest)


def entry_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a catalog entry, found by its gateway alias."""
    entry = CatalogEntry.objects.filter(gateway_alias=ref).first()
    if entry is None:
        return None
    url = reverse("catalog:entry", args=[entry.pk])
    return EvidenceCard(f"Model {entry.gateway_alias}", url, entry.digest())
