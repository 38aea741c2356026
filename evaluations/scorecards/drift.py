"""Answers of another model than the pinned one void the run that they are in."""

from django.urls import reverse

from evaluations.runs.models import Result
from evaluations.scorecards.selectors import newest_baseline
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check

FLAG = "model_mismatch"


def drift_checks(cycle: Cycle) -> list[Check]:
    """What phase 4 asks besides its own checks: every answer came from the model that is pinned.

    Shown only where it fails: the newest baseline holds an answer for which the gateway named
    another model. One query.
    """
    scorecard = newest_baseline(cycle)
    if scorecard is None:
        return []
    drifted = Result.objects.filter(run=scorecard.run_id, flags__contains=[FLAG])
    found = drifted.values_list("candidate__alias", "resolved_model").distinct()[:5]
    words = "; ".join(f"{alias} answered as {model or 'another model'}" for alias, model in found)
    if not words:
        return []
    return [
        Check.of(
            "pinned_models_answered", "The pinned models answered", False,
            detail=f"{words}. The run is void: put the catalog entry right and run it again.",
            link=reverse("scorecards:evaluation", args=[cycle.workload.ref]),
            link_label="Run it again", who="owner or contributor",
        )
    ]  # fmt: skip
