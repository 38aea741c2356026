"""What a change of the catalog does to an open cycle, by the tables of the phases.

The catalog tells of its change after its commit; a task with ids only then follows it, one
transaction for each workload. Not in the catalog's own transaction: a synchronisation has written
its audit event by then and holds the head of the chain, and taking the workloads' locks after it
would be the other way round than everywhere else. Nothing is lost with the message: each function
here compares rows (the shortlist, the lock, the prices then and now), so that calling it again
does nothing, and an hourly round finds what a lost message left. Whoever changed the catalog was
allowed to do that, and is the actor of what follows from it.
"""

from datetime import datetime

from django.db import transaction

from catalog.enums import EntryStatus
from catalog.models import CatalogEntry
from portal.accounts.models import User
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.enums import CycleState, Impact, PhaseState
from workloads.lifecycle.models import Cycle, PhaseRecord
from workloads.lifecycle.phases import phases
from workloads.lifecycle.selectors import open_review, phase_records
from workloads.selection.selectors import is_gone
from workloads.selection.services import strike_candidates
from workloads.tuning.selectors import decision_of, price_moves, relied_on, winner_entry

RETIRED, DEPRECATED = "catalog.retired", "catalog.deprecated"
PRICE, DRIFT = "catalog.price_changed", "catalog.alias_drift"
SHORTLIST = "shortlist.changed"
_STANDING = (PhaseState.PASSED, PhaseState.IN_REVIEW)


@transaction.atomic
def follow_catalog(*, actor: User | None, cycle: Cycle) -> list[str]:
    """Bring an open cycle in line with the catalog; return the codes of the changes it was told.

    Retired or blocked: struck from the shortlist; when it is the final model, phases 2 to 7 are
    open again, when it is the winner and not locked yet, the evaluation. Deprecated final model:
    the lock is to be reconfirmed with a migration plan. A price that moved by more than the
    policy's share since a phase that rests on it was passed: that is to be reconfirmed. An alias
    that answers as another snapshot since a phase that rests on its answers was passed: what is
    measured from now on would be about another model, so that phase is open again until the entry
    is put right and measured anew (a run with an answer of another model is void: a check that
    the scorecards contribute).
    """
    cycle = lifecycle.locked_cycle(cycle.pk)
    if cycle.state != CycleState.OPEN:
        return []
    told = []
    if strike_candidates(actor=actor, cycle=cycle) is not None:
        told.append("catalog.candidate_struck")
    records = phase_records(cycle)
    decision, winner = decision_of(cycle), winner_entry(cycle)
    lock = decision.model_lock if decision else None
    for entry, key, change in ((lock, "tuning", RETIRED), (winner, "evaluation", SHORTLIST)):
        if entry is not None and is_gone(entry) and records[key].state != PhaseState.OPEN:
            _tell(actor, cycle, change, f"{entry.gateway_alias} {_ended(entry)}")
            return [*told, change]
    if (
        decision is not None
        and lock is not None
        and lock.status == EntryStatus.DEPRECATED
        and not decision.migration_plan
        and records["tuning"].state in _STANDING
    ):
        until = f" and ends on {lock.retirement_date}" if lock.retirement_date else ""
        words = f"{lock.gateway_alias} is deprecated{until}; a migration plan is needed"
        _tell(actor, cycle, DEPRECATED, words)
        told.append(DEPRECATED)
    for change, words in ((DRIFT, _drifted(cycle)), (PRICE, _dearer(cycle))):
        if words:
            _tell(actor, cycle, change, words)
            told.append(change)
    return told


def _drifted(cycle: Cycle) -> str:
    """Return which aliases left their snapshot since a phase that rests on them was passed."""
    moments = _moments(cycle, DRIFT)
    return "; ".join(
        f"{entry.gateway_alias} answers as {entry.drift_answered}, pinned is {entry.snapshot};"
        " runs from now on are void"
        for entry in relied_on(cycle).values()
        if entry.drifted_since and any(moment < entry.drifted_since for moment in moments)
    )


def _dearer(cycle: Cycle) -> str:
    """Return which prices moved since a phase that rests on them was passed or sent to review."""
    entries = relied_on(cycle).values()
    for moment in _moments(cycle, PRICE):
        found = price_moves(cycle, entries, moment)
        if found:
            return "; ".join(move.words() for move in found)
    return ""


def _moments(cycle: Cycle, change: str) -> list[datetime]:
    """Return since when each phase that ``change`` concerns stands; those that are open not."""
    records = phase_records(cycle)
    found = [
        _moment(records[one.key])
        for one in phases()
        if one.impact.get(change, Impact.NOTE) != Impact.NOTE
    ]
    return [moment for moment in found if moment is not None]


def _moment(record: PhaseRecord) -> datetime | None:
    """Return since when the phase stands on the catalog of its day; None while it is open."""
    if record.state == PhaseState.PASSED:
        return record.passed_at
    if record.state == PhaseState.IN_REVIEW:
        review = open_review(record.cycle, record.phase)
        return review.requested_at if review else None
    return None


def _ended(entry: CatalogEntry) -> str:
    if entry.status == EntryStatus.BLOCKED:
        return "is blocked"
    return "is retired"


def _tell(actor: User | None, cycle: Cycle, change: str, words: str) -> None:
    lifecycle.evidence_changed(
        actor=actor, cycle=cycle, change=change, detail=f"The catalog: {words}."
    )
