"""App of evaluations.scorecards."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    """Phase 4: scorecards, winners, and the evaluation of builds."""

    name = "evaluations.scorecards"
    label = "evaluations_scorecards"

    def ready(self) -> None:
        """Tell the phases below how measures, scorecards, winners and baselines are found."""
        # Models can be imported only now.
        from evaluations.runs import checking
        from evaluations.scorecards import citations
        from evaluations.scorecards.drift import drift_checks
        from evaluations.scorecards.services.campaigns import start_campaign_run
        from workloads.lifecycle import checks, evidence, measures
        from workloads.reviews import evidence as gate
        from workloads.reviews.enums import Category
        from workloads.tuning import winners

        for one in citations.known_measures():
            measures.register(one)
        checking.contribute(
            "I6 only a complete run has a scorecard",
            "SELECT r.id, format('scorecard %%s of a run that is %%s', s.number, r.state)"
            " FROM evaluations_runs_run r JOIN evaluations_scorecards_scorecard s"
            " ON s.run_id = r.id WHERE (%(run)s::uuid IS NULL OR r.id = %(run)s::uuid)"
            " AND r.state <> 'complete'",
        )
        evidence.register("scorecard", citations.scorecard_card)
        evidence.register("winner", citations.winner_card)
        checks.contribute("evaluation", drift_checks)
        winners.register(citations.winner_of)
        gate.register_baseline(citations.baseline_of)
        gate.register_executor(Category.EVALUATION.value, start_campaign_run)
