"""How a cited brief or tier is shown: its title, its page, and the digest that it has now."""

from django.urls import reverse

from portal.common.canonical import digest
from workloads.briefs.models import Brief
from workloads.briefs.selectors import assessment_of, brief_of
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle


def _brief(ref: str) -> Brief | None:
    cycle = cited_cycle(ref)
    return brief_of(cycle) if cycle is not None else None


def brief_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a version of a brief; None for an unknown workload."""
    brief = _brief(ref)
    if brief is None:
        return None
    url = reverse("briefs:version", args=[ref, int(version)])
    return EvidenceCard(f"Brief, version {version}", url, brief.digest())


def tier_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of a workload's risk tier; None for an unknown workload."""
    brief = _brief(ref)
    if brief is None:
        return None
    url = reverse("briefs:brief", args=[ref])
    return EvidenceCard(f"Risk tier {version}", url, digest(assessment_of(brief).as_dict()))
