"""App of evaluations.runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: sealed plans, leases, results, scores."""

    name = "evaluations.runs"
    label = "evaluations_runs"

    def ready(self) -> None:
        """Tell phase 2 what a request of a workload really holds."""
        from evaluations.runs.sizes import measured_sizes
        from workloads.selection import sizes

        sizes.register(measured_sizes)
