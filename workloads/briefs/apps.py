"""App of workloads.briefs."""

from django.apps import AppConfig


class BriefsConfig(AppConfig):
    """Phase 1: the workload brief."""

    name = "workloads.briefs"
    label = "workloads_briefs"

    def ready(self) -> None:
        """Say how a cited brief or tier is found."""
        from workloads.briefs import citations
        from workloads.lifecycle import evidence

        evidence.register("brief", citations.brief_card)
        evidence.register("tier", citations.tier_card)
