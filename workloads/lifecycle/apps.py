"""App of workloads.lifecycle."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Error, register

from portal.common.policy import policy
from portal.shell.home import register_panel
from portal.shell.navigation import register as register_page
from workloads.lifecycle import evidence
from workloads.lifecycle.evidence import EvidenceCard
from workloads.lifecycle.manifests import POLICY_KIND
from workloads.lifecycle.phases import phases


class LifecycleConfig(AppConfig):
    """Workloads, cycles, phases, gates and votes."""

    name = "workloads.lifecycle"
    label = "workloads_lifecycle"

    def ready(self) -> None:
        """Hang the lifecycle into the shell, and check that the policy knows every gate."""
        register_page("Workloads", "lifecycle:workloads", 10)
        register_panel("lifecycle:waiting", 10, label="Waiting for you")
        register_panel("lifecycle:by_phase", 20, label="Workloads by phase")
        evidence.register(POLICY_KIND, _policy_card)
        register(gates_are_ruled)


def _policy_card(ref: str, version: str) -> EvidenceCard:
    return EvidenceCard(title="The company's policy", url="", present_digest=policy().digest)


def gates_are_ruled(**_: Any) -> list[Error]:
    """Report phases whose gate the policy file says nothing about."""
    return [
        Error(
            f'portal/policy.toml has no [gates.{one.key}]: who approves "{one.label}"?',
            id="workloads_lifecycle.E001",
        )
        for one in phases()
        if one.has_gate and one.key not in policy().gates
    ]
