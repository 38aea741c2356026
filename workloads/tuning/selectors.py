"""Reading the tuning decisions of a cycle, and which models a cycle relies on."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from catalog.models import CatalogEntry
from catalog.selectors import price_of
from portal.common.policy import policy
from portal.common.readonce import read_once
from workloads.lifecycle.enums import CycleState
from workloads.lifecycle.models import Cycle
from workloads.selection.selectors import shortlist_of, standing_requirements
from workloads.tuning.models import TuningDecision
from workloads.tuning.prices import PriceMove, moved
from workloads.tuning.winners import winner_of


def decisions_of(cycle: Cycle) -> list[TuningDecision]:
    """Return every decision of the cycle, newest first."""
    return list(
        TuningDecision.objects.filter(cycle=cycle)
        .select_related("model_lock", "created_by")
        .order_by("-number")
    )


@read_once
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


def winner_entry(cycle: Cycle) -> CatalogEntry | None:
    """Return the catalog entry of the winner of phase 4, or None while there is none."""
    winner = winner_of(cycle)
    return CatalogEntry.objects.filter(pk=winner.entry_id).first() if winner else None


def relied_on(cycle: Cycle) -> dict[UUID, CatalogEntry]:
    """Return the models that the cycle relies on: its candidates, the winner, the final model."""
    shortlist = shortlist_of(cycle)
    found = [one.entry for one in shortlist.candidates.all()] if shortlist else []
    more = (winner_entry(cycle), model_lock(cycle))
    return {entry.pk: entry for entry in (*found, *more) if entry is not None}


def open_cycles_with(entry_id: UUID | None = None) -> list[Cycle]:
    """Return the open cycles that ever shortlisted or locked the model (None: any model)."""
    if entry_id is None:
        concerned = Q(shortlists__isnull=False)
    else:
        concerned = Q(shortlists__candidates__entry=entry_id) | Q(
            tuning_decisions__model_lock=entry_id
        )
    cycles = Cycle.objects.filter(concerned, state=CycleState.OPEN).select_related("workload")
    return list(cycles.distinct().order_by("pk"))


def price_moves(cycle: Cycle, entries: Iterable[CatalogEntry], since: datetime) -> list[PriceMove]:
    """Return the models whose price moved by more than the policy's share since a moment.

    The cost of a request is computed from the token sizes of the cycle, measured ones when there
    are any: no new call is made.
    """
    most = policy().number("catalog", "price_change_reconfirm")
    found = []
    for entry in sorted(entries, key=lambda one: one.gateway_alias):
        before, after = price_of(entry, since), price_of(entry)
        if before is not None and after is not None and moved(before, after, most):
            sizes = standing_requirements(cycle, shortlist_of(cycle)).sizes(entry.gateway_alias)
            found.append(PriceMove(entry.gateway_alias, before, after, *sizes))
    return found
