"""App of workloads.tuning."""

from django.apps import AppConfig


class TuningConfig(AppConfig):
    """Phase 5: tune or not, and the locked final model."""

    name = "workloads.tuning"
    label = "workloads_tuning"

    def ready(self) -> None:
        """Say how cited decisions and locks are found, look at the winner, follow the catalog."""
        from workloads.lifecycle import checks, evidence
        from workloads.tuning import receivers
        from workloads.tuning.citations import decision_card, lock_card
        from workloads.tuning.phase import winner_checks

        evidence.register("tuning_decision", decision_card)
        evidence.register("model_lock", lock_card)
        checks.contribute("evaluation", winner_checks)
        receivers.connect()
