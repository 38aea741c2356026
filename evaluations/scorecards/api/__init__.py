"""Scorecards over the API: what they say, compared, and beside them pairs and outside evidence."""

from django.urls import path

from evaluations.scorecards.api.outside import OutsideDetail, OutsideList
from evaluations.scorecards.api.pairs import PairsList
from evaluations.scorecards.api.scorecards import (
    Comparison,
    ScorecardDetail,
    ScorecardPage,
    Scorecards,
    ScorecardSheet,
)

_ONE = "workloads/<str:ref>/scorecards/<int:number>"
api_urlpatterns = [
    path("workloads/<str:ref>/runs/<uuid:run_id>/pairs", PairsList.as_view()),
    path("workloads/<str:ref>/scorecards", Scorecards.as_view()),
    path(_ONE, ScorecardDetail.as_view()),
    path(f"{_ONE}/csv", ScorecardSheet.as_view()),
    path(f"{_ONE}/html", ScorecardPage.as_view()),
    path("workloads/<str:ref>/comparison", Comparison.as_view()),
    path("workloads/<str:ref>/outside-evidence", OutsideList.as_view()),
    path("workloads/<str:ref>/outside-evidence/<int:number>", OutsideDetail.as_view()),
]
