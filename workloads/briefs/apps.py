"""App of workloads.briefs."""

from django.apps import AppConfig


class BriefsConfig(AppConfig):
    """Phase 1: the workload brief."""

    name = "workloads.briefs"
    label = "workloads_briefs"

    def ready(self) -> None:
        """Say how a cited brief or tier is found, and what of a brief waits for its owner."""
        from workloads.briefs import citations, inbox
        from workloads.lifecycle import evidence, waiting

        evidence.register("brief", citations.brief_card)
        evidence.register("tier", citations.tier_card)
        waiting.register(inbox.waiting_for)
