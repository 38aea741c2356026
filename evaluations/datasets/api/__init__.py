"""Datasets over the API: datasets, their examples, versions and what is proposed."""

from django.urls import path

from evaluations.datasets.api.datasets import DatasetDetail, DatasetList, QualityDetail
from evaluations.datasets.api.examples import BulkChange, DraftExample, DraftList
from evaluations.datasets.api.proposals import Accept, ProposalList, Reject
from evaluations.datasets.api.versions import (
    Compare,
    ExampleList,
    Export,
    Removals,
    Restore,
    VersionList,
)

_ONE = "workloads/<str:ref>/datasets/<str:dataset_ref>"
api_urlpatterns = [
    path("workloads/<str:ref>/datasets", DatasetList.as_view()),
    path(_ONE, DatasetDetail.as_view()),
    path(f"{_ONE}/quality", QualityDetail.as_view()),
    path(f"{_ONE}/examples", DraftList.as_view()),
    path(f"{_ONE}/examples/<path:key>", DraftExample.as_view()),
    path(f"{_ONE}/changes", BulkChange.as_view()),
    path(f"{_ONE}/versions", VersionList.as_view()),
    path(f"{_ONE}/versions/<int:number>/examples", ExampleList.as_view()),
    path(f"{_ONE}/versions/<int:number>/restore", Restore.as_view()),
    path(f"{_ONE}/removals", Removals.as_view()),
    path(f"{_ONE}/diff", Compare.as_view()),
    path(f"{_ONE}/export", Export.as_view()),
    path(f"{_ONE}/proposals", ProposalList.as_view()),
    path(f"{_ONE}/proposals/<uuid:proposal_id>/accept", Accept.as_view()),
    path(f"{_ONE}/proposals/<uuid:proposal_id>/reject", Reject.as_view()),
]
