"""App of workloads.builds."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Phase 6: the build and its managed pipeline."""

    name = "workloads.builds"
    label = "workloads_builds"

    def ready(self) -> None:
        """Say how a cited build is found."""
        from workloads.builds.citations import build_card
        from workloads.lifecycle import evidence

        evidence.register("build", build_card)
