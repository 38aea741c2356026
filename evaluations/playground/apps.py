"""App of evaluations.playground."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """The playground: prompts tried side by side, never evidence, soon forgotten.

    It stands on top of the evaluations, so that nothing that makes evidence can import it.
    """

    name = "evaluations.playground"
    label = "evaluations_playground"
