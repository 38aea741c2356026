"""App of workloads.tuning."""

from django.apps import AppConfig


class TuningConfig(AppConfig):
    """Phase 5: tune or not, and the locked final model."""

    name = "workloads.tuning"
    label = "workloads_tuning"

    def ready(self) -> None:
        """Say how cited decisions and model locks are found."""
        from workloads.lifecycle import evidence
        from workloads.tuning.citations import decision_card, lock_card

        evidence.register("tuning_decision", decision_card)
        evidence.register("model_lock", lock_card)
