"""Reading the tuning decisions of a cycle."""

from catalog.models import CatalogEntry
from workloads.lifecycle.models import Cycle
from workloads.tuning.models import TuningDecision


def decisions_of(cycle: Cycle) -> list[TuningDecision]:
    """Return every decision of the cycle, newest first."""
    return list(
        TuningDecision.objects.filter(cycle=cycle)
        .select_related("model_lock", "created_by")
        .order_by("-number")
    )


def decision_of(cycle: Cycle) -> TuningDecision | None:
    """Return the latest decision of the cycle, the one that counts, or None."""
    return (
        TuningDecision.objects.filter(cycle=cycle)
        .select_related("model_lock", "created_by")
        .order_by("-number")
        .first()
    )


def model_lock(cycle: Cycle) -> CatalogEntry | None:
    """Return the final model of the cycle, or None before it is locked."""
    decision = decision_of(cycle)
    return decision.model_lock if decision else None
