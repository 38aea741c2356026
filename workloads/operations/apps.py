"""App of workloads.operations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Phase 8: what is live."""

    name = "workloads.operations"
    label = "workloads_operations"

    def ready(self) -> None:
        """Follow the catalog for what is live."""
        from workloads.operations import receivers

        receivers.connect()
