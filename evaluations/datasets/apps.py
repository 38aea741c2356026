"""App of evaluations.datasets."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Golden datasets, their examples and versions."""

    name = "evaluations.datasets"
    label = "evaluations_datasets"

    def ready(self) -> None:
        """Tell the lifecycle what datasets add to it."""
        from evaluations.datasets import phase
        from workloads.lifecycle import checks, evidence

        checks.contribute("prompting", phase.few_shot_checks)
        evidence.register("dataset", phase.dataset_card)
