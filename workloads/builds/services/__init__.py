"""Making builds, trying them, switching calls off, and giving out tokens."""

from workloads.builds.services.making import ALERT_METRICS, COMPARATORS, Alert, make_build
from workloads.builds.services.tokens import issue_token, revoke_token
from workloads.builds.services.trials import switch_calls, try_build, try_kill_switch

__all__ = [
    "ALERT_METRICS",
    "COMPARATORS",
    "Alert",
    "issue_token",
    "make_build",
    "revoke_token",
    "switch_calls",
    "try_build",
    "try_kill_switch",
]
