"""The rail: where each phase of a cycle stands."""

from dataclasses import dataclass

from django.urls import reverse

from workloads.lifecycle.enums import PhaseState
from workloads.lifecycle.look import Look
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import phases
from workloads.lifecycle.selectors.gates import approval_problem


@dataclass(frozen=True, slots=True)
class RailItem:
    """One phase on the rail.

    ``state`` is passed, now, open, reopened, stale or in_review; ``current`` marks the page being
    read.
    """

    key: str
    number: int
    label: str
    state: str
    note: str
    url: str
    current: bool = False


def standing(cycle: Cycle, look: Look | None = None) -> list[RailItem]:
    """Return the phases in order. A passed one whose approval no longer holds shows as stale."""
    look = look or Look(cycle)
    items: list[RailItem] = []
    reached = False
    for one in phases():
        record = look.records[one.key]
        state, note = record.state, one.note(cycle)
        if record.state == PhaseState.PASSED:
            problem = approval_problem(record, look)
            if problem:
                state, note = PhaseState.STALE, "to reconfirm"
        elif record.state == PhaseState.STALE:
            note = "to reconfirm"
        elif record.state == PhaseState.OPEN and record.manifest_digest:
            state, note = "reopened", "reopened"
        elif record.state == PhaseState.OPEN and not reached:
            state = "now"
        reached = reached or state != PhaseState.PASSED
        items.append(
            RailItem(
                key=one.key,
                number=one.number,
                label=one.label,
                state=str(state),
                note=note,
                url=reverse(one.url_name, kwargs={"ref": cycle.workload.ref}),
            )
        )
    return items
