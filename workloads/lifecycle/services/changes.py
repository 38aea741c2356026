"""What a change of evidence does to the phases: by each phase's own table, then by comparison."""

from django.db import transaction

from portal.accounts.models import User
from workloads.lifecycle.enums import CycleState, Impact, PhaseState, ReviewOutcome
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import manifest_digest
from workloads.lifecycle.models import Cycle, PhaseRecord, Review
from workloads.lifecycle.phases import phases
from workloads.lifecycle.selectors import approval_problem
from workloads.lifecycle.services import transitions
from workloads.lifecycle.services.locks import locked_cycle
from workloads.lifecycle.voters import votes_needed


@transaction.atomic
def evidence_changed(
    *, actor: User | None, cycle: Cycle, change: str, detail: str, origin: str = ""
) -> None:
    """Tell the lifecycle that a record of the open cycle changed; called by the slice's service.

    ``change`` is the code that the phases' ``impact`` tables use, ``detail`` a sentence for the
    page, ``origin`` the key of the phase whose record it was. A phase that is to be redone goes
    back to open, one to be reconfirmed becomes stale, an open review of a touched phase ends.
    Then every passed phase is compared with its manifest: what no longer holds becomes stale,
    whatever the tables say. A closed cycle is never touched: what is live stays as approved.
    """
    locked = locked_cycle(cycle.pk)
    if locked.state != CycleState.OPEN:
        return
    reason = _reason(detail, origin)
    records = Look(locked).records
    for one in phases():
        impact = one.impact.get(change, Impact.NOTE)
        if impact != Impact.NOTE:
            _apply(records[one.key], actor, impact, reason)
    recompare(actor=actor, cycle=locked, reason=reason)


def _reason(detail: str, origin: str) -> str:
    label = next((one.label for one in phases() if one.key == origin), "")
    return f"{label}: {detail}" if label else detail


def _apply(record: PhaseRecord, actor: User | None, impact: Impact, reason: str) -> None:
    if record.state == PhaseState.OPEN or (
        record.state == PhaseState.STALE and impact == Impact.RECONFIRM
    ):
        return
    _supersede(record, actor, reason)
    if impact == Impact.REOPEN or not record.passed_at:
        transitions.reopened(record, actor, reason)
    else:
        transitions.became_stale(record, actor, reason)


def _supersede(record: PhaseRecord, actor: User | None, reason: str) -> bool:
    review = Review.objects.filter(
        cycle=record.cycle, phase=record.phase, outcome=ReviewOutcome.OPEN
    ).first()
    if review is None:
        return False
    review.cycle = record.cycle
    transitions.closed(review, actor, ReviewOutcome.SUPERSEDED, reason)
    return True


def recompare(*, actor: User | None, cycle: Cycle, reason: str) -> None:
    """Compare each passed or reviewed phase of a locked cycle with what is there now.

    Passed and no longer holding (other bytes, votes missing at the present tier, voters who no
    longer count): stale. In review on other bytes or for fewer votes: the review is superseded.
    """
    look = Look(cycle)
    for record in look.records.values():
        if record.state == PhaseState.PASSED:
            problem = approval_problem(record, look)
            if problem:
                transitions.became_stale(record, actor, f"{reason} ({problem})")
        elif record.state == PhaseState.IN_REVIEW:
            review = Review.objects.get(cycle=cycle, phase=record.phase, outcome=ReviewOutcome.OPEN)
            needed = [sorted(one) for one in votes_needed(cycle.workload, record.phase)]
            differs = review.manifest_digest != manifest_digest(look.manifest(record.phase))
            if differs or review.requirements != needed:
                _supersede(record, actor, reason)
                transitions.returned(record, actor, reason)
