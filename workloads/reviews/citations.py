"""How criteria, campaigns and verdicts that are cited as evidence are shown."""

from django.urls import reverse

from portal.common.canonical import digest
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.selectors import campaign_of, criteria_of


def _number(version: str) -> int:
    return int(version) if version.isdecimal() and len(version) < 10 else 0


def criteria_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a criteria version, or None."""
    cycle = cited_cycle(ref)
    found = criteria_of(cycle) if cycle is not None else None
    if found is None or found.version != _number(version):
        found = (
            CriteriaSet.objects.filter(cycle__workload__ref=ref, version=_number(version))
            .order_by("cycle__number")
            .last()
        )
    if found is None:
        return None
    url = reverse("reviews:go_no_go", args=[ref])
    return EvidenceCard(f"Criteria {found.version}", url, found.digest)


def _campaign(ref: str, version: str) -> Campaign | None:
    cycle = cited_cycle(ref)
    present = campaign_of(cycle) if cycle is not None else None
    if present is not None and present.number == _number(version):
        return present
    return (
        Campaign.objects.filter(cycle__workload__ref=ref, number=_number(version))
        .order_by("cycle__number")
        .last()
    )


def campaign_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a campaign, or None."""
    found = _campaign(ref, version)
    if found is None:
        return None
    url = reverse("reviews:go_no_go", args=[ref])
    return EvidenceCard(f"Campaign {found.number}", url, found.digest)


def verdict_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a campaign's verdict, or None."""
    found = _campaign(ref, version)
    if found is None:
        return None
    url = reverse("reviews:go_no_go", args=[ref])
    return EvidenceCard(f"Verdict {found.get_verdict_display()}", url, digest(found.verdict))
