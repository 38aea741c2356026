"""What every page of a workload shows around its content: rail, title, readiness, who can act."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest
from django.urls import reverse

from portal.accounts.http import signed_in
from portal.accounts.middleware import STARTED
from portal.accounts.models import User
from portal.common.readonce import one_reading
from workloads.lifecycle.enums import CycleKind, PhaseState, RiskTier, WorkloadStatus
from workloads.lifecycle.evidence import resolve
from workloads.lifecycle.look import Look
from workloads.lifecycle.manifests import manifest_digest
from workloads.lifecycle.models import PhaseRecord, Review, Vote, Workload
from workloads.lifecycle.phases import Check, EvidenceItem, Phase, phase, phases
from workloads.lifecycle.policies import Verdict, can_edit, can_own
from workloads.lifecycle.selectors import (
    RailItem,
    causes,
    current_cycle,
    disturbances,
    gate_checks,
    members_of,
    missing,
    standing,
)
from workloads.lifecycle.voters import Slot, expected_slots, tally


@dataclass(frozen=True, slots=True)
class Gate:
    """How one gate stands, as the page beside the work shows it.

    ``submit`` says whether this person can submit now, and if not why; ``slots`` are the votes
    needed (empty: it passes on its checks), ``few`` whether they hang on too few people.
    """

    phase: Phase
    record: PhaseRecord
    state: PhaseState
    checks: list[Check]
    missing: list[Check]
    items: list[EvidenceItem]
    digest: str
    review: Review | None
    slots: tuple[Slot, ...]
    objections: tuple[Vote, ...]
    few: bool
    submit: Verdict
    url: str

    @property
    def filled(self) -> int:
        """How many of the votes needed are there."""
        return sum(slot.vote is not None for slot in self.slots)

    @property
    def sealed(self) -> str:
        """What the manifest holds, in words: "4 records: brief, 2 catalog entry, policy"."""
        counts = Counter(item.kind.replace("_", " ") for item in self.items)
        words = ", ".join(kind if n == 1 else f"{n} {kind}" for kind, n in counts.items())
        total = sum(counts.values())
        return f"{total} record{'' if total == 1 else 's'}: {words}"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One record of a manifest with its title and page; ``same`` is None when nobody can tell."""

    item: EvidenceItem
    kind: str
    title: str
    url: str
    same: bool | None


def frame(
    request: HttpRequest, workload: Workload, *, phase_key: str | None = None
) -> dict[str, Any]:
    """Return the context of ``workloads/lifecycle/frame.html``.

    ``phase_key`` names the phase whose page it is; without it the page is the workload's own and
    shows the phase that is current. Keys: workload, cycle, rail, phase, record, gate, checks,
    review, members, can_edit, can_own, status, tier_label, cycle_label, on_phase_page, causes,
    disturbed (what a change did to this phase, or None).
    """
    with one_reading():
        return _frame(signed_in(request), workload, phase_key)


def _frame(user: User, workload: Workload, phase_key: str | None) -> dict[str, Any]:
    cycle = current_cycle(workload)
    look = Look(cycle)
    rail = standing(cycle, look)
    one = phase(phase_key) if phase_key else current_phase(rail)
    edit = can_edit(user, workload)
    gate = gate_of(look, one, rail, edit)
    found = disturbances(cycle, look)
    return {
        "workload": workload,
        "cycle": cycle,
        "rail": [replace(item, current=True) if item.key == phase_key else item for item in rail],
        "phase": one,
        "record": gate.record,
        "gate": gate,
        "checks": gate.checks,
        "review": gate.review,
        "members": members_of(workload),
        "can_edit": edit,
        "can_own": can_own(user, workload),
        "status": WorkloadStatus(workload.status),
        "tier_label": RiskTier(workload.tier).label if workload.tier else "Tier not known yet",
        "cycle_label": f"Cycle {cycle.number}, {CycleKind(cycle.kind).label.lower()}",
        "on_phase_page": phase_key is not None,
        "causes": causes(found),
        "disturbed": next((item for item in found if item.phase.key == one.key), None),
    }


def current_phase(rail: list[RailItem]) -> Phase:
    """Return the first phase that is not passed, else the last."""
    for item in rail:
        if item.state != PhaseState.PASSED:
            return phase(item.key)
    return phases()[-1]


def gate_of(look: Look, one: Phase, rail: list[RailItem], edit: Verdict) -> Gate:
    """Return how the gate of phase ``one`` stands, with ``edit`` what this person may do."""
    cycle, record = look.cycle, look.records[one.key]
    shown = next(item.state for item in rail if item.key == one.key)
    state = PhaseState.OPEN if shown in ("now", "reopened") else PhaseState(shown)
    checks = gate_checks(cycle, one.key, look)
    lacking = missing(checks)
    items = look.manifest(one.key)
    review = look.open_review(one.key) if one.has_gate else None
    slots: tuple[Slot, ...] = ()
    objections: tuple[Vote, ...] = ()
    if review is not None:
        counted = tally(review, look=look)
        slots, objections = counted.slots, counted.objections
    elif one.has_gate and state != PhaseState.PASSED and cycle.workload.tier:
        slots = expected_slots(one.key, look)
    return Gate(
        phase=one,
        record=record,
        state=state,
        checks=checks,
        missing=lacking,
        items=items,
        digest=manifest_digest(items),
        review=review,
        slots=slots,
        objections=objections,
        few=_few(slots),
        submit=_submit(one, state, lacking, edit),
        url=reverse("lifecycle:gate", kwargs={"ref": cycle.workload.ref, "phase_key": one.key}),
    )


def _few(slots: tuple[Slot, ...]) -> bool:
    """Whether the open votes hang on few people: fewer than one more than are needed."""
    waiting = [slot for slot in slots if slot.vote is None]
    able = {person.pk for slot in waiting for person in slot.could}
    return bool(waiting) and (
        len(able) < len(waiting) + 1 or any(len(slot.could) < 2 for slot in waiting)
    )


def _submit(one: Phase, state: PhaseState, lacking: list[Check], edit: Verdict) -> Verdict:
    if not one.has_gate:
        return Verdict(False, "no_gate", f"{one.label} never ends, so it has no gate.")
    if state == PhaseState.PASSED:
        return Verdict(False, "already_passed", "This phase is passed, and it holds.")
    if state == PhaseState.IN_REVIEW:
        return Verdict(False, "in_review", "This phase is in review.")
    if lacking:
        count = len(lacking)
        things = "thing is" if count == 1 else "things are"
        return Verdict(False, "not_ready", f"{count} {things} missing.")
    return edit


def manifest_rows(items: list[EvidenceItem]) -> list[ManifestRow]:
    """Return the records of a manifest as pages show them, from the evidence registry."""
    rows = []
    for item in items:
        card = resolve(item)
        rows.append(
            ManifestRow(
                item=item,
                kind=item.kind.replace("_", " ").capitalize(),
                title=card.title,
                url=card.url,
                same=card.present_digest == item.digest if card.present_digest else None,
            )
        )
    return rows


def signed_in_at(request: HttpRequest) -> datetime | None:
    """Return when this session last proved who is there: the sign-in, or a later re-sign-in."""
    records = get_authentication_records(request, signed_in(request))
    moments = [float(one["at"]) for one in records if "at" in one]
    started = request.session.get(STARTED)
    if not moments and started is not None:
        moments.append(float(started))
    return datetime.fromtimestamp(max(moments), UTC) if moments else None
