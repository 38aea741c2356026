"""What datasets add to the lifecycle: a check of phase 3, and how a cited version is shown."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from evaluations.datasets.importing.parse import input_digest
from evaluations.datasets.models import DatasetVersion, VersionExample
from evaluations.datasets.selectors import golden_version
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check
from workloads.prompts.selectors import candidate_version


def few_shot_checks(cycle: Cycle) -> list[Check]:
    """Return whether the prompt's few-shot examples are none of the golden dataset's."""
    prompt = candidate_version(cycle.workload)
    golden = golden_version(cycle.workload)
    if prompt is None or golden is None or not prompt.content.get("few_shot"):
        return []
    leaked = leaks(prompt.content["few_shot"], golden)
    detail = f"Also in {golden}: {', '.join(leaked[:5])}." if leaked else ""
    return [
        Check.of(
            "few_shot_not_golden",
            "Few-shot examples are not in the golden dataset",
            not leaked,
            detail=detail,
            link=reverse("prompts:prompts", args=[cycle.workload.ref]),
            link_label="Change the few-shot examples",
            who="the owner or a contributor",
        )
    ]


def leaks(few_shot: list[Mapping[str, Any]], golden: DatasetVersion) -> list[str]:
    """Return the keys of golden examples whose input is that of a few-shot example."""
    digests = {input_digest(shot.get("input"), []) for shot in few_shot}
    inputs = VersionExample.objects.filter(version=golden).values_list(
        "revision__key", "revision__input"
    )
    return [key for key, given in inputs if input_digest(given, []) in digests]


def dataset_card(ref: str, version: str) -> EvidenceCard | None:
    """Return how a manifest shows a cited dataset version."""
    if not version.isdecimal():
        return None
    found = (
        DatasetVersion.objects.filter(dataset__ref=ref, number=int(version))
        .select_related("dataset__workload")
        .first()
    )
    if found is None:
        return None
    return EvidenceCard(
        title=f"{found.dataset.name}, version {found.number} ({found.n} examples)",
        url=reverse("datasets:version", args=[found.dataset.workload.ref, ref, found.number]),
        present_digest=found.digest,
    )
