"""Tuning decisions as tests need them."""

from typing import Any

from portal.accounts.models import User
from tests.factories import lives
from workloads.lifecycle.models import Cycle, Workload
from workloads.tuning import services
from workloads.tuning.models import TuningDecision

EVIDENCE = {
    "prompt_versions": "One version cleared the floor.",
    "few_shot": "Tried with three examples: no gain.",
    "retrieval": "A ticket holds all that is needed.",
    "larger_model": "The largest candidate was scored too.",
}
RATIONALE = (
    "The winner clears its floor with prompting alone; tuning would tie us to one model for a gain"
    " that the golden dataset could not show."
)


def decide(workload: Workload, actor: User | None = None, **changes: Any) -> TuningDecision:
    """Record the decision against tuning."""
    given: dict[str, Any] = {
        "decision": "none",
        "rationale": RATIONALE,
        "prompting_evidence": EVIDENCE,
        **changes,
    }
    return services.decide(actor=actor or workload.owner, workload=workload, **given)


@lives.makes_ready("tuning")
def _tuning(cycle: Cycle, owner: User) -> None:
    decide(cycle.workload, owner)
