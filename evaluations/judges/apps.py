"""App of evaluations.judges."""

from django.apps import AppConfig


class JudgesConfig(AppConfig):
    """Models that grade answers, what people say of the same answers, and how far both agree."""

    name = "evaluations.judges"
    label = "evaluations_judges"
