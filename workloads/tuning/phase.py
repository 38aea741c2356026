"""Phase 5: is the best base model good enough, and which model is final?"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from catalog.enums import EntryStatus
from workloads.lifecycle.enums import Impact
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, EvidenceItem, Phase
from workloads.selection.selectors import is_gone
from workloads.tuning.models import TuningDecision
from workloads.tuning.selectors import decision_of, winner_entry
from workloads.tuning.winners import winner_of


class Tuning(Phase):
    """A recorded decision, and the final model locked to what the evaluation chose."""

    key = "tuning"
    number = 5
    label = "Tuning"
    question = "Is the best base model good enough? Which model is final?"
    evidence_kinds = ("tuning_decision", "model_lock")
    url_name = "tuning:tuning"
    impact: ClassVar[Mapping[str, Impact]] = {
        "tuning.changed": Impact.RECONFIRM,
        "tuning.plan_changed": Impact.RECONFIRM,
        "prompt.changed_after_baseline": Impact.RECONFIRM,
        "catalog.price_changed": Impact.RECONFIRM,
        "catalog.deprecated": Impact.RECONFIRM,
        "catalog.retired": Impact.REOPEN,
    }

    def evidence(self, cycle: Cycle) -> list[EvidenceItem]:
        """The decision and the locked model, as the catalog has it now."""
        decision = decision_of(cycle)
        if decision is None:
            return []
        entry = decision.model_lock
        return [
            EvidenceItem(
                "tuning_decision", cycle.workload.ref, str(decision.number), decision.digest
            ),
            EvidenceItem("model_lock", entry.gateway_alias, entry.snapshot, entry.digest()),
        ]

    def checks(self, cycle: Cycle) -> list[Check]:
        """A decision stands, it locks the winner, and the model is what it was."""
        link = reverse("tuning:tuning", args=[cycle.workload.ref])
        decision = decision_of(cycle)
        if decision is None:
            return [
                Check.of(
                    "tuning_decided",
                    "Decision recorded",
                    False,
                    detail="Say whether tuning is needed, and lock the final model.",
                    link=link,
                    link_label="Decide",
                    who="owner or contributor",
                )
            ]
        return [
            Check.of(
                "tuning_decided", "Decision recorded", True, detail=decision.get_decision_display()
            ),
            self._lock_check(cycle, decision, link),
        ]

    def _lock_check(self, cycle: Cycle, decision: TuningDecision, link: str) -> Check:
        label = "Final model locked"
        entry = decision.model_lock
        winner = winner_of(cycle)
        detail = ""
        if winner is None or winner.entry_id != entry.pk:
            detail = "The locked model is not the winner of the evaluation; decide again."
        elif winner.scorecard.as_dict() != decision.scorecard:
            detail = "The decision rests on an older scorecard; decide again."
        elif decision.model_digest != entry.digest():
            detail = "The catalog entry has changed since it was locked; decide again."
        elif entry.status == EntryStatus.DEPRECATED and not decision.migration_plan:
            until = f" and ends on {entry.retirement_date}" if entry.retirement_date else ""
            detail = f"It is deprecated{until}; decide again with a migration plan."
        if detail:
            return Check.of("model_locked", label, False, detail=detail, link=link)
        return Check.of("model_locked", label, True, detail=entry.gateway_alias)

    def contributors(self, cycle: Cycle) -> Iterable[UUID]:
        """Whoever recorded the decision."""
        decision = decision_of(cycle)
        return [decision.created_by_id] if decision and decision.created_by_id else []

    def note(self, cycle: Cycle) -> str:
        """The decision in two words."""
        decision = decision_of(cycle)
        return f"{decision.decision}, model locked" if decision else ""


def winner_checks(cycle: Cycle) -> list[Check]:
    """What phase 4 asks besides its own checks: a winner that the catalog did not take away."""
    entry = winner_entry(cycle)
    if entry is None or not is_gone(entry):
        return []
    status = entry.get_status_display().lower()
    return [
        Check.of(
            "winner_usable", "The winner can be used", False,
            detail=f"{entry.gateway_alias} is {status} in the catalog; choose another winner.",
            link=reverse("scorecards:evaluation", args=[cycle.workload.ref]),
            link_label="Choose again", who="owner or contributor",
        )
    ]  # fmt: skip
