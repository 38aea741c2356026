"""Who works on a trial, and its money: every step is one transaction that the rows can prove.

A call is made only after its worst case was reserved against the cap, in one conditional UPDATE
that also asks whether the trial is still this owner's and not cancelled.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from evaluations.playground.enums import ACTIVE, CellState, TrialState
from evaluations.playground.models import Trial, TrialCell

# A cell whose workers ended so often while they waited for its answer is asked no more.
GIVE_UP_AFTER = 2


class Room(StrEnum):
    """What came of asking for a reservation."""

    TAKEN = "taken"
    WAIT = "wait"  # no room now, but calls in flight will give some back
    NONE = "none"  # the cap has no room left
    STOP = "stop"  # cancelled, ended, or another task works on it


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one attempt ended: what the cell becomes, and what it does to the trial's money.

    ``charge`` is at most the estimate that was reserved; ``overrun`` what the gateway reported
    beyond it.
    """

    state: CellState
    charge: int = 0
    overrun: int = 0
    columns: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def take(*, trial_id: UUID, owner: str, seconds: float) -> Trial | None:
    """Become the owner of a trial that nobody works on; None when there is nothing to take.

    What a dead owner left in flight is booked at its estimate and will be asked again, or given
    up when it was in flight at too many deaths.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_playground_trial SET state = %s, owner = %s,"
            " alive_until = clock_timestamp() + make_interval(secs => %s),"
            " started_at = COALESCE(started_at, clock_timestamp())"
            " WHERE id = %s AND state = ANY(%s)"
            " AND (owner = '' OR alive_until < clock_timestamp())",
            [TrialState.RUNNING, owner, seconds, trial_id, list(ACTIVE)],
        )
        if not cursor.rowcount:
            return None
    for cell in TrialCell.objects.filter(trial_id=trial_id, state=CellState.CALLING):
        crashed = cell.deaths + 1 >= GIVE_UP_AFTER
        TrialCell.objects.filter(pk=cell.pk).update(
            state=CellState.ERROR if crashed else CellState.WAITING,
            deaths=F("deaths") + 1,
            cost_micro=F("cost_micro") + cell.estimate_micro,
            error_class="worker_crashed" if crashed else "",
            error_detail="Its worker ended while it waited for this answer." if crashed else "",
        )
    Trial.objects.filter(pk=trial_id).update(
        spent_micro=F("spent_micro") + F("reserved_micro"), reserved_micro=0
    )
    return Trial.objects.select_related("workload").get(pk=trial_id)


def beat(*, trial_id: UUID, owner: str, seconds: float) -> bool:
    """Renew the ownership; False when the trial is to stop or is somebody else's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_playground_trial"
            " SET alive_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND owner = %s AND state = %s RETURNING cancel_asked",
            [seconds, trial_id, owner, TrialState.RUNNING],
        )
        row = cursor.fetchone()
    return row is not None and not row[0]


@transaction.atomic
def reserve(*, trial_id: UUID, owner: str, cell: TrialCell) -> Room:
    """Reserve the worst case of one attempt and note that it is about to be made."""
    mine = Trial.objects.filter(
        pk=trial_id, owner=owner, state=TrialState.RUNNING, cancel_asked=False
    )
    total = F("spent_micro") + F("reserved_micro") + F("overrun_micro") + cell.estimate_micro
    if mine.filter(cap_micro__gte=total).update(
        reserved_micro=F("reserved_micro") + cell.estimate_micro
    ):
        TrialCell.objects.filter(pk=cell.pk).update(
            state=CellState.CALLING, attempts=F("attempts") + 1
        )
        return Room.TAKEN
    reserved = mine.values_list("reserved_micro", flat=True).first()
    if reserved is None:
        return Room.STOP
    return Room.WAIT if reserved else Room.NONE


@transaction.atomic
def settle(*, trial_id: UUID, owner: str, cell: TrialCell, ended: Settlement) -> bool:
    """End an attempt whose worst case was reserved; False when the trial was taken from us.

    Then the attempt has been booked already, and nothing of it is written.
    """
    if not Trial.objects.filter(pk=trial_id, owner=owner).update(
        reserved_micro=F("reserved_micro") - cell.estimate_micro,
        spent_micro=F("spent_micro") + ended.charge,
        overrun_micro=F("overrun_micro") + ended.overrun,
    ):
        return False
    TrialCell.objects.filter(pk=cell.pk).update(
        state=ended.state,
        cost_micro=F("cost_micro") + ended.charge + ended.overrun,
        **ended.columns,
    )
    return True


@transaction.atomic
def note(*, trial_id: UUID, owner: str, cell: TrialCell, ended: Settlement) -> bool:
    """End a cell for which no call is made and nothing was reserved."""
    mine = Trial.objects.select_for_update(no_key=True).filter(pk=trial_id, owner=owner)
    if not mine.exists():
        return False
    TrialCell.objects.filter(pk=cell.pk).update(state=ended.state, **ended.columns)
    return True


def release(*, trial_id: UUID, owner: str) -> None:
    """Stop being the owner."""
    Trial.objects.filter(pk=trial_id, owner=owner).update(owner="", alive_until=None)
