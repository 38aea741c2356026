"""App of workloads.selection."""

from django.apps import AppConfig


class SelectionConfig(AppConfig):
    """Phase 2: the shortlist."""

    name = "workloads.selection"
    label = "workloads_selection"

    def ready(self) -> None:
        """Say how a cited shortlist or catalog entry is found."""
        from workloads.lifecycle import evidence
        from workloads.selection import citations

        evidence.register("shortlist", citations.shortlist_card)
        evidence.register("catalog_entry", citations.entry_card)
