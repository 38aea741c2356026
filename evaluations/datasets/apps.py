"""App of evaluations.datasets."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Golden datasets, their examples and versions."""

    name = "evaluations.datasets"
    label = "evaluations_datasets"

    def ready(self) -> None:
        """Tell the lifecycle what datasets add to it."""
        from evaluations.datasets import leaks, phase
        from workloads.lifecycle import checks, evidence
        from workloads.prompts import lint

        checks.contribute("prompting", phase.few_shot_checks)
        lint.contribute(leaks.few_shot_problems)
        evidence.register("dataset", phase.dataset_card)
