"""App of evaluations.scorecards."""

from django.apps import AppConfig


class ScorecardsConfig(AppConfig):
    """Phase 4: scorecards and the winner."""

    name = "evaluations.scorecards"
    label = "evaluations_scorecards"
