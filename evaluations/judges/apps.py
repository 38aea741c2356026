"""App of evaluations.judges."""

from django.apps import AppConfig


class JudgesConfig(AppConfig):
    """Models that grade answers, what people say of the same answers, and how far both agree."""

    name = "evaluations.judges"
    label = "evaluations_judges"

    def ready(self) -> None:
        """Tell the phases below which judges a KPI may be measured by."""
        # Models can be imported only now.
        from evaluations.judges.citations import FAMILY
        from workloads.lifecycle import measures

        measures.register_family(FAMILY)
