"""How a cited shortlist or catalog entry is shown. The catalog stands below the lifecycle and
cannot register its own card, so the phase that cites entries does.
"""

from django.urls import reverse

from catalog.selectors import entry_called
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle
from workloads.selection.selectors import shortlist_numbered, shortlist_of


def shortlist_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a workload's shortlist, or None when there is none of that number."""
    cycle = cited_cycle(ref)
    if cycle is None or not (version.isascii() and version.isdecimal()):
        return None
    found = shortlist_of(cycle)
    if found is None or found.number != int(version):
        found = shortlist_numbered(cycle, int(version))
    if found is None:
        return None
    url = reverse("selection:shortlist", args=[ref, found.number])
    return EvidenceCard(f"Shortlist {found.number}", url, found.digest)


def entry_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a catalog entry, found by its gateway alias."""
    entry = entry_called(ref)
    if entry is None:
        return None
    url = reverse("catalog:entry", args=[entry.pk])
    return EvidenceCard(f"Model {entry.gateway_alias}", url, entry.digest())
