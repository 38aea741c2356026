"""Released and live workloads as tests need them."""

from portal.accounts.models import User
from tests.factories import phase_four, replay
from workloads.builds.models import TokenScope
from workloads.builds.services import issue_token
from workloads.lifecycle.models import Workload
from workloads.operations import services


@replay.once
def released(*, tier: int = 1, owner: User | None = None) -> Workload:
    """Return a workload whose go/no-go ended with GO, not live yet."""
    return phase_four.workload("operations", tier=tier, owner=owner)


@replay.once
def live(*, tier: int = 1, owner: User | None = None) -> Workload:
    """Return a workload whose release is live."""
    made = released(tier=tier, owner=owner)
    services.put_live(actor=made.owner, workload=made)
    made.refresh_from_db()
    return made


def token(workload: Workload, scope: TokenScope = TokenScope.LIVE) -> str:
    """Return the secret of a new token."""
    return issue_token(actor=workload.owner, workload=workload, scope=scope, name="Caller")[1]
