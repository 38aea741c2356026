"""URLs of phase 4, relative to the site's root."""

from django.urls import path

from evaluations.scorecards import views

app_name = "scorecards"
_ONE = "workloads/<str:ref>/scorecards/<int:number>"

urlpatterns = [
    path("workloads/<str:ref>/evaluation/", views.evaluation, name="evaluation"),
    path(f"{_ONE}/", views.scorecard, name="scorecard"),
    path(f"{_ONE}.csv", views.scorecard_csv, name="csv"),
    path(f"{_ONE}.json", views.scorecard_json, name="json"),
]
