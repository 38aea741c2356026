"""How a prompt version that is cited as evidence is found and shown."""

from django.urls import reverse

from workloads.lifecycle.evidence import EvidenceCard
from workloads.prompts.models import PromptVersion


def prompt_card(ref: str, version: str) -> EvidenceCard | None:
    """Return the card of the prompt of workload ``ref`` in ``version``, or None."""
    found = PromptVersion.objects.filter(
        prompt__workload__ref=ref,
        number=int(version) if version.isdecimal() and len(version) < 10 else 0,
    ).first()
    if found is None:
        return None
    url = reverse("prompts:version", args=[ref, found.number])
    return EvidenceCard(f"Prompt version {found.number}", url, found.digest)
