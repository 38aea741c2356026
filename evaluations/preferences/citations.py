"""How a closed study is cited: in manifests, and beside the scorecard of its run."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from evaluations.preferences.models import Study
from evaluations.preferences.selectors import closed_studies_of
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.phases import EvidenceItem

KIND = "preference_study"


def study_card(ref: str, version: str) -> EvidenceCard | None:
    """Return how a manifest shows study ``version`` of workload ``ref``."""
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        return None
    found = Study.objects.filter(workload__ref=ref, number=int(version)).defer("document").first()
    if found is None:
        return None
    url = reverse("preferences:study", args=[ref, found.number])
    return EvidenceCard(f"Preference study {found.number}", url, found.digest)


def study_item(study: Study, ref: str) -> EvidenceItem:
    """Return the line of a manifest that pins a closed study of workload ``ref``."""
    return EvidenceItem(KIND, ref, str(study.number), study.digest)


def preferences_of(run_id: UUID, ref: str) -> list[dict[str, Any]]:
    """Return the closed studies of a run as a scorecard's document holds them.

    ``ref`` is the workload's. A scorecard that was published before a study closed never changes;
    its page cites the study beside it.
    """
    return [
        {
            **study_item(study, ref).as_dict(),
            "question": study.question,
            "complete": study.document["complete"],
            "comparisons": [
                {
                    name: one[name]
                    for name in (
                        "first", "second", "pairs", "verdicts", "raters", "rate", "low", "high",
                        "tie_share", "verdict", "words",
                    )
                }
                for one in study.document["comparisons"]
            ],
        }
        for study in closed_studies_of(run_id)
        if study.document is not None
    ]  # fmt: skip
