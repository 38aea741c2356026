"""App of evaluations.metric_library."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


def plug_warnings(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[Any]:
    """Return a warning for each package whose metrics could not be taken."""
    from evaluations.metrics import plugs

    return [
        checks.Warning(
            f"The metrics of {one.entry_point} in {one.origin} were left out: {one.problem}",
            hint="Mend or remove the package, then start the portal again.",
            id="evaluations.W001",
        )
        for one in plugs.loaded()
        if one.problem
    ]


class MetricLibraryConfig(AppConfig):
    """Every metric on a page of its own, and the metrics that the organisation brings along."""

    name = "evaluations.metric_library"
    label = "evaluations_metric_library"

    def ready(self) -> None:
        """Take the metrics of packages, tell the registry of declared ones, add the page."""
        import structlog

        from evaluations.metric_library.selectors import DeclaredMetrics, declared_measures
        from evaluations.metrics import plugs, registry
        from portal.shell.navigation import register
        from workloads.lifecycle import measures

        for one in plugs.load():
            if one.problem:
                structlog.get_logger(__name__).warning(
                    "metric_package_left_out", package=one.origin, why=one.problem
                )
        registry.provide(DeclaredMetrics())
        measures.register_source(declared_measures)
        checks.register(plug_warnings)
        register("Metrics", "metrics:list", 35)
