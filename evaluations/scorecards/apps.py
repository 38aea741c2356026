"""App of evaluations.scorecards."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    """Phase 4: scorecards, winners, and the evaluation of builds."""

    name = "evaluations.scorecards"
    label = "evaluations_scorecards"

    def ready(self) -> None:
        """Tell the phases below how measures, scorecards, winners and baselines are found."""
        # Models can be imported only now.
        from evaluations.scorecards import citations
        from evaluations.scorecards.drift import drift_checks
        from evaluations.scorecards.services.campaigns import start_campaign_run
        from workloads.lifecycle import checks, evidence, measures
        from workloads.reviews import evidence as gate
        from workloads.reviews.enums import Category
        from workloads.tuning import winners

        for one in citations.known_measures():
            measures.register(one)
        evidence.register("scorecard", citations.scorecard_card)
        evidence.register("winner", citations.winner_card)
        checks.contribute("evaluation", drift_checks)
        winners.register(citations.winner_of)
        gate.register_baseline(citations.baseline_of)
        gate.register_executor(Category.EVALUATION.value, start_campaign_run)
