"""Shortlists as tests need them."""

from portal.accounts.models import User
from tests.factories import briefs, catalog, lives
from workloads.lifecycle.models import Cycle, Workload
from workloads.selection import services
from workloads.selection.models import Shortlist
from workloads.selection.services import Pick

# Imported so that a life can walk through phase 1, which that factory makes ready.
BEFORE = (briefs,)


def choose(workload: Workload, *picks: Pick | str, actor: User | None = None) -> Shortlist:
    """Choose candidates by alias or pick, at 800 tokens in and 60 out."""
    return services.choose_shortlist(
        actor=actor or workload.owner,
        workload=workload,
        picks=[pick if isinstance(pick, Pick) else Pick(pick) for pick in picks],
        tokens_in=800,
        tokens_out=60,
    )


@lives.makes_ready("selection")
def _selection(cycle: Cycle, owner: User) -> None:
    entries = [catalog.entry(), catalog.entry()]
    choose(cycle.workload, *(one.gateway_alias for one in entries), actor=owner)
