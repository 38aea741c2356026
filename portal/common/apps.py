"""Foundation app: the kept answers, and a check of the policy file at start."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Error, register

from portal.common.policy import PolicyError, policy


class CommonConfig(AppConfig):
    """Registers the policy check, so that `check` and every start fail on a wrong policy."""

    name = "portal.common"
    label = "portal_common"

    def ready(self) -> None:
        """Read the policy now: a process with a wrong policy must not start."""
        register(policy_check)
        policy()


def policy_check(**_: Any) -> list[Error]:
    """Report what is wrong in the policy file."""
    try:
        policy()
    except PolicyError as problem:
        return [Error(f"portal/policy.toml: {problem}", id="assay.E001")]
    return []
