"""App of evaluations.preferences."""

from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    """Blind studies of which answer people prefer."""

    name = "evaluations.preferences"
    label = "evaluations_preferences"

    def ready(self) -> None:
        """Tell the lifecycle how studies are cited, and whom an open one waits for."""
        # Models can be imported only now.
        from evaluations.preferences import citations, inbox
        from workloads.lifecycle import evidence, waiting

        evidence.register(citations.KIND, citations.study_card)
        waiting.register(inbox.waiting_for)
