"""App of evaluations.datasets."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Golden datasets, their examples and versions."""

    name = "evaluations.datasets"
    label = "evaluations_datasets"
