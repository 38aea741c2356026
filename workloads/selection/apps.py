"""App of workloads.selection."""

from django.apps import AppConfig


class SelectionConfig(AppConfig):
    """Phase 2: the shortlist of candidates."""

    name = "workloads.selection"
    label = "workloads_selection"
