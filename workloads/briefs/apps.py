"""App of workloads.briefs."""

from django.apps import AppConfig


class BriefsConfig(AppConfig):
    """Phase 1: the workload brief."""

    name = "workloads.briefs"
    label = "workloads_briefs"

    def ready(self) -> None:
        """Say how a brief is cited, what waits for its owner, and what one is started from."""
        from workloads.briefs import citations, inbox
        from workloads.briefs.services import starting
        from workloads.lifecycle import evidence, starts, waiting

        evidence.register("brief", citations.brief_card)
        evidence.register("tier", citations.tier_card)
        waiting.register(inbox.waiting_for)
        starts.register(starting.offer_templates, starting.begin_from_template)
        starts.register(starting.offer_copies, starting.begin_from_workload)
