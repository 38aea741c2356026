"""App of workloads.reviews."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Phase 7: criteria, campaigns and the verdict."""

    name = "workloads.reviews"
    label = "workloads_reviews"

    def ready(self) -> None:
        """Give phase 6 its check, and say how cited records are found."""
        from workloads.lifecycle import checks, evidence
        from workloads.reviews import citations
        from workloads.reviews.phase import criteria_drafted

        checks.contribute("build", criteria_drafted)
        evidence.register("criteria", citations.criteria_card)
        evidence.register("campaign", citations.campaign_card)
        evidence.register("verdict", citations.verdict_card)
