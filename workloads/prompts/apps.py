"""App of workloads.prompts."""

from django.apps import AppConfig


class PromptsConfig(AppConfig):
    """Phase 3: prompts and their versions."""

    name = "workloads.prompts"
    label = "workloads_prompts"

    def ready(self) -> None:
        """Say how a cited prompt version is found."""
        from workloads.lifecycle import evidence
        from workloads.prompts.citations import prompt_card

        evidence.register("prompt", prompt_card)
