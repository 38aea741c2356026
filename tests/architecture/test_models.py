"""The graph of tables points one way, and governed rows are guarded by the database."""

import pytest
from django.apps import apps
from django.db import models

# Bottom to top; a foreign key may only point to the same rank or further down.
RANKS = {
    label: rank
    for rank, label in enumerate(
        [
            "contenttypes",
            "auth",
            "sessions",
            "portal_common",
            "portal_audit",
            "portal_accounts",
            "portal_shell",
            "account",
            "catalog",
            "workloads_lifecycle",
            "workloads_briefs",
            "workloads_selection",
            "workloads_prompts",
            "workloads_tuning",
            "workloads_builds",
            "workloads_reviews",
            "workloads_operations",
            "evaluations_metric_library",
            "evaluations_datasets",
            "evaluations_judges",
            "evaluations_runs",
            "evaluations_preferences",
            "evaluations_scorecards",
            "evaluations_playground",
        ]
    )
}
# Versions, votes, evidence: what stands in one of these never changes and is never removed.
IMMUTABLE = {
    "portal_audit.AuditEvent",
    "workloads_briefs.BriefVersion",
    "workloads_selection.Shortlist",
    "workloads_selection.ShortlistCandidate",
    "workloads_selection.CatalogRevision",
    "workloads_prompts.PromptVersion",
    "workloads_prompts.PointerMove",
    "workloads_prompts.FalseAlarm",
    "workloads_tuning.TuningDecision",
    "workloads_builds.Build",
    "workloads_builds.Trial",
    "workloads_reviews.Execution",
    "workloads_lifecycle.Release",
    "evaluations_metric_library.DeclaredMetric",
    "evaluations_metric_library.RetiredMetric",
    "evaluations_datasets.DatasetVersion",
    "evaluations_datasets.ExampleRevision",
    "evaluations_preferences.StudyPair",
    "evaluations_scorecards.OutsideEvidence",
    "evaluations_judges.JudgeVersion",
    "evaluations_scorecards.Scorecard",
    "catalog.Price",
    "catalog.StatusChange",
    "catalog.Measurement",
    "catalog.SyncReport",
    "workloads_briefs.Remark",
}


def _ours() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m._meta.app_label in RANKS]


def test_every_app_with_tables_is_ranked() -> None:
    assert {m._meta.app_label for m in apps.get_models()} <= set(RANKS)


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in _ours()
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and isinstance(field.related_model, type)
        if RANKS[field.related_model._meta.app_label] > RANKS[model._meta.app_label]
    ]

    assert upward == []


@pytest.mark.parametrize("label", sorted(IMMUTABLE))
def test_the_database_refuses_changes_of_governed_rows(label: str) -> None:
    triggers = getattr(apps.get_model(label)._meta, "triggers", [])

    operations = {str(trigger.operation) for trigger in triggers}
    assert any("UPDATE" in operation for operation in operations)
    assert any("DELETE" in operation for operation in operations)


def test_removing_a_person_never_removes_a_record() -> None:
    cascading = [
        f"{model._meta.label}.{field.name}"
        for model in _ours()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.label == "portal_accounts.User"
        if field.remote_field.on_delete is models.CASCADE
        and model._meta.app_label not in ("account", "sessions")
    ]

    assert cascading == []
