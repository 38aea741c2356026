"""Striking candidates that the catalog took away."""

from django.db import transaction

from catalog.enums import Outcome
from portal.accounts.models import User
from portal.audit import services as audit
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import CycleState
from workloads.lifecycle.models import Cycle
from workloads.selection.models import Shortlist
from workloads.selection.selectors import (
    considered,
    is_gone,
    shortlist_of,
    standing_requirements,
)
from workloads.selection.services.storing import store

FITTED_THEN = "It met everything when it was chosen."


@transaction.atomic
def strike_candidates(*, actor: User | None, cycle: Cycle) -> Shortlist | None:
    """Store a shortlist without the candidates that the catalog took away; None: nothing to do.

    A shortlist never changes, so striking makes the next one: the query is answered again from
    today's catalog, which says why each struck model is ruled out; the others keep their notes.
    Nobody chose it, so nobody becomes an author by it; ``actor`` is who changed the catalog and
    stands in the audit event. It may leave fewer candidates than the gate asks for: the check of
    the phase says so. Called for a change of the catalog, which was allowed there; harmless to
    call twice.
    """
    cycle = lifecycle.locked_cycle(cycle.pk)
    before = shortlist_of(cycle) if cycle.state == CycleState.OPEN else None
    if before is None or not any(is_gone(one.entry) for one in before.candidates.all()):
        return None
    found = considered(standing_requirements(cycle, before))
    now_found = {one.alias: one for one in found.matches}
    struck: dict[str, str] = {}
    kept = []
    for one in before.candidates.all():
        present = now_found[one.entry.gateway_alias]
        if present.outcome == Outcome.RULED_OUT:
            struck[present.alias] = "; ".join(reason.text for reason in present.reasons)
            continue
        reason = one.reason
        if present.outcome == Outcome.NEAR_MISS and not reason:
            reason = FITTED_THEN
        kept.append((one.entry, one.note, reason))
    taken = {entry.gateway_alias for entry, _, _ in kept}
    shortlist = store(
        cycle=cycle,
        chosen_by=None,
        found=found,
        candidates=kept,
        not_taken={k: v for k, v in before.not_taken.items() if k not in taken},
        struck=struck,
    )
    audit.record(
        actor=actor,
        action="selection.candidates_struck",
        kind="shortlist",
        ref=cycle.workload.ref,
        workload=cycle.workload.ref,
        detail={
            "number": shortlist.number,
            "struck": sorted(struck),
            "catalog_revision": shortlist.catalog_revision,
            "digest": shortlist.digest,
        },
    )
    words = "; ".join(f"{alias}: {why}" for alias, why in struck.items())
    lifecycle.evidence_changed(
        actor=actor,
        cycle=cycle,
        change="catalog.candidate_struck",
        detail=f"the catalog struck {words}",
        origin="selection",
    )
    return shortlist
