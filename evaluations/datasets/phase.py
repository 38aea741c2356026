"""What datasets add to the lifecycle: a check of phase 3, and how a cited version is shown."""

from django.urls import reverse

from evaluations.datasets.leaks import held_out_in, leaks
from evaluations.datasets.models import DatasetVersion
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
    found = leaks(prompt.content, golden)
    exact = [leak.key for leak in found if leak.exact]
    # How near a text comes would be a way to guess at what is held out.
    held = held_out_in(golden)
    near = [leak.key for leak in found if not leak.exact and leak.key not in held]
    detail = ""
    if exact:
        detail = f"Also in {golden}: {', '.join(exact[:5])}."
    elif near:
        detail = f"None is the same; much like one: {', '.join(near[:5])}."
    return [
        Check.of(
            "few_shot_not_golden",
            "Few-shot examples are not in the golden dataset",
            not exact,
            detail=detail,
            link=f"{reverse('prompts:prompts', args=[cycle.workload.ref])}#few_shot"
            if exact or near
            else "",
            link_label="Change the few-shot examples",
            who="the owner or a contributor" if exact else "",
        )
    ]


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
