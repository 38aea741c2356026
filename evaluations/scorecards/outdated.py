"""What a baseline was measured on that is not what the workload has now."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from evaluations.datasets.selectors import golden_version
from evaluations.runs.enums import RunPurpose
from evaluations.scorecards.models import Scorecard
from workloads.prompts.selectors import candidate_version, moves_to


@dataclass(frozen=True, slots=True)
class Outdated:
    """One thing that is newer than the scorecard: in a sentence, by whom, when, and where."""

    words: str
    by: str
    at: datetime | None
    url: str
    link: str


def outdated(scorecard: Scorecard) -> list[Outdated]:
    """Return what changed since a baseline was measured; empty for other purposes.

    Compared by digest: going back to the version that was measured makes it hold again.
    """
    if scorecard.purpose != RunPurpose.BASELINE or scorecard.cycle.closed_at is not None:
        return []
    return [*_prompt(scorecard), *_dataset(scorecard)]


def _prompt(scorecard: Scorecard) -> list[Outdated]:
    chosen = candidate_version(scorecard.workload)
    measured = {one["prompt_digest"] for one in scorecard.document["candidates"]}
    if chosen is None or measured == {chosen.digest}:
        return []
    noted = scorecard.document["plan"].get("prompt")
    before = f"prompt version {noted['number']}" if noted else "another prompt"
    move = moves_to(chosen).select_related("by").order_by("-at").first()
    ref = scorecard.workload.ref
    if noted:
        url = reverse("prompts:diff", args=[ref]) + f"?a={noted['number']}&b={chosen.number}"
    else:
        url = reverse("prompts:version", args=[ref, chosen.number])
    return [
        Outdated(
            f"This scorecard was measured with {before}; version {chosen.number} was chosen since.",
            str(move.by) if move is not None and move.by else "",
            move.at if move is not None else None,
            url,
            "See what changed in the prompt",
        )
    ]


def _dataset(scorecard: Scorecard) -> list[Outdated]:
    present = golden_version(scorecard.workload)
    used = scorecard.document["dataset"]
    if present is None or present.digest == used["digest"]:
        return []
    ref = present.dataset.ref
    return [
        Outdated(
            f"It was measured on {used['ref']} version {used['version']}; {ref} version"
            f" {present.number} was committed since.",
            str(present.created_by or ""),
            present.created_at,
            reverse("datasets:version", args=[scorecard.workload.ref, ref, present.number]),
            "Open the new version",
        )
    ]
