"""Which phases were passed once and are not any more: what a change reopened or made stale."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from workloads.lifecycle.enums import CycleState, Impact, PhaseState
from workloads.lifecycle.look import Look
from workloads.lifecycle.models import Cycle, PhaseRecord, Workload
from workloads.lifecycle.phases import Phase, phases
from workloads.lifecycle.selectors.gates import EVIDENCE_DIFFERS, approval_problem


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One phase whose approval does not hold any more.

    ``impact`` says whether its work is done again or its approval given again; ``reason`` what
    changed, ``by`` who changed it, ``at`` when. ``url`` is the page of the phase, ``changes_url``
    its gate, which shows what differs from what was passed.
    """

    phase: Phase
    impact: Impact
    reason: str
    by: str
    at: datetime
    url: str
    changes_url: str

    def as_dict(self) -> dict[str, str]:
        """Return it as the API says it."""
        return {
            "impact": self.impact.value,
            "reason": self.reason,
            "by": self.by,
            "at": self.at.isoformat(),
            "changes": self.changes_url,
        }


@dataclass(frozen=True, slots=True)
class Cause:
    """One change with everything that it disturbed, in order of the phases."""

    reason: str
    by: str
    at: datetime
    disturbed: tuple[Disturbance, ...]

    @property
    def reopened(self) -> list[Disturbance]:
        """The phases whose work is done again."""
        return [one for one in self.disturbed if one.impact == Impact.REOPEN]

    @property
    def stale(self) -> list[Disturbance]:
        """The phases whose approval is given again."""
        return [one for one in self.disturbed if one.impact == Impact.RECONFIRM]


def disturbances(cycle: Cycle, look: Look | None = None) -> list[Disturbance]:
    """Return the phases of an open cycle that were passed and do not hold now, in order."""
    if cycle.state != CycleState.OPEN:
        return []
    look = look or Look(cycle)
    found = []
    for one in phases():
        record = look.records[one.key]
        problem = approval_problem(record, look) if record.state == PhaseState.PASSED else ""
        made = disturbance_of(one, record, cycle.workload, problem)
        if made is not None:
            found.append(made)
    return found


def disturbance_of(
    one: Phase, record: PhaseRecord, workload: Workload, problem: str = ""
) -> Disturbance | None:
    """Return what disturbed one phase, from its record; None when nothing did.

    ``problem`` is why a phase that is passed by its record does not hold.
    """
    if not record.manifest_digest or record.state == PhaseState.IN_REVIEW:
        return None
    if record.state == PhaseState.PASSED and not problem:
        return None
    reason = record.reason if record.state != PhaseState.PASSED else problem
    return Disturbance(
        phase=one,
        impact=Impact.REOPEN if record.state == PhaseState.OPEN else Impact.RECONFIRM,
        reason=reason.removesuffix(f" ({EVIDENCE_DIFFERS})"),
        by=record.reason_by,
        # Only transitions write the record.
        at=record.updated_at,
        url=reverse(one.url_name, kwargs={"ref": workload.ref}),
        changes_url=reverse("lifecycle:gate", kwargs={"ref": workload.ref, "phase_key": one.key}),
    )


def causes(found: Iterable[Disturbance]) -> list[Cause]:
    """Return the disturbances grouped by the change that made them, newest change first."""
    groups: dict[tuple[str, str], list[Disturbance]] = {}
    for one in found:
        groups.setdefault((one.reason, one.by), []).append(one)
    return sorted(
        (
            Cause(reason, by, max(one.at for one in group), tuple(group))
            for (reason, by), group in groups.items()
        ),
        key=lambda cause: cause.at,
        reverse=True,
    )


def newest_causes(workloads: Iterable[Workload]) -> Mapping[int, Cause]:
    """Return the newest change that disturbed each workload, by workload number. One query.

    From the records alone, without comparing: for lists, where each comparison would cost.
    """
    known = {one.pk: one for one in workloads}
    rows = (
        PhaseRecord.objects.filter(
            cycle__workload__in=list(known),
            cycle__state=CycleState.OPEN,
            state__in=(PhaseState.OPEN, PhaseState.STALE),
        )
        .exclude(manifest_digest="")
        .select_related("cycle")
    )
    by_workload: dict[int, list[Disturbance]] = {}
    order = {one.key: one for one in phases()}
    for row in rows:
        workload = known[row.cycle.workload_id]
        made = disturbance_of(order[row.phase], row, workload)
        if made is not None:
            by_workload.setdefault(workload.number, []).append(made)
    return {
        number: causes(sorted(found, key=lambda one: one.phase.number))[0]
        for number, found in by_workload.items()
    }
