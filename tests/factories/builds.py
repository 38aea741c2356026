"""Builds as tests need them. A build that is ready was tried: that takes the stub gateway."""

from typing import Any

from portal.accounts.models import User
from tests.factories import lives
from tests.factories import reviews as review_factory
from workloads.builds import services
from workloads.builds.models import Build
from workloads.builds.services import Alert
from workloads.lifecycle.models import Cycle, Workload

PARTS = ("normalise", "trim_input", "input_limit", "injection_screen", "secret_filter")
RECORD = (
    "One stateless service behind the ticket system: nothing is kept in it, so that it can be"
    " replaced within a minute."
)
ALERTS = (
    Alert("error_rate", ">", 0.02, 60, "Ada"),
    Alert("latency_p95", ">", 2000, 60, "Ada"),
    Alert("cost_per_day", ">", 10, 1440, "Ada"),
)


def make(workload: Workload, actor: User | None = None, **changes: Any) -> Build:
    """Make the next build, with ``changes``."""
    given: dict[str, Any] = {
        "architecture": "api",
        "decision_record": RECORD,
        "parts": PARTS,
        "logging": "redacted",
        "retention_days": 30,
        "alerts": ALERTS,
        **changes,
    }
    return services.make_build(actor=actor or workload.owner, workload=workload, **given)


@lives.makes_ready("build")
def _build(cycle: Cycle, owner: User) -> None:
    made = make(cycle.workload, owner)
    assert services.try_build(actor=owner, build=made).passed
    assert services.try_kill_switch(actor=owner, build=made).passed
    review_factory.write(cycle.workload, owner)
