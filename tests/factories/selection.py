"""Shortlists as tests need them."""

from typing import Any

from portal.accounts.models import User
from tests.factories import briefs, catalog, lives
from workloads.lifecycle.models import Cycle, Workload
from workloads.selection import services
from workloads.selection.models import Shortlist
from workloads.selection.services import Pick

NOTE = "worth testing"
NOT_TAKEN = "Others are nearer to what we need."
# Imported so that a life can walk through phase 1, which that factory makes ready.
BEFORE = (briefs,)


def choose(
    workload: Workload, *picks: Pick | str, actor: User | None = None, **more: Any
) -> Shortlist:
    """Choose candidates by alias or pick, at 800 tokens in and 60 out unless said otherwise."""
    return services.choose_shortlist(
        actor=actor or workload.owner,
        workload=workload,
        picks=[pick if isinstance(pick, Pick) else Pick(pick, NOTE) for pick in picks],
        **{"tokens_in": 800, "tokens_out": 60, "not_taken_reason": NOT_TAKEN, **more},
    )


@lives.makes_ready("selection")
def _selection(cycle: Cycle, owner: User) -> None:
    entries = [catalog.entry(), catalog.entry()]
    choose(cycle.workload, *(one.gateway_alias for one in entries), actor=owner)
