"""How a prompt version that is cited as evidence is found and shown."""

from django.urls import reverse

from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.selectors import cited_cycle
from workloads.prompts.models import PromptVersion
from workloads.prompts.selectors import candidate_version


def prompt_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of the prompt of workload ``ref`` in ``version``, or None."""
    number = int(version) if version.isdecimal() and len(version) < 10 else 0
    cycle = cited_cycle(ref)
    found = candidate_version(cycle.workload) if cycle is not None else None
    if found is None or found.number != number:
        found = PromptVersion.objects.filter(prompt__workload__ref=ref, number=number).first()
    if found is None:
        return None
    url = reverse("prompts:version", args=[ref, found.number])
    return EvidenceCard(f"Prompt version {found.number}", url, found.digest)
