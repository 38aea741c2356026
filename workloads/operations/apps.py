"""App of workloads.operations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Phase 8: what is live."""

    name = "workloads.operations"
    label = "workloads_operations"
