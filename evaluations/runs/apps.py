"""App of evaluations.runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs: sealed plans, leases, results, scores."""

    name = "evaluations.runs"
    label = "evaluations_runs"
