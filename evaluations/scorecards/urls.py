"""URLs of phase 4, relative to the site's root."""

from django.urls import path

from evaluations.scorecards import views

app_name = "scorecards"
_ONE = "workloads/<str:ref>/scorecards/<int:number>"
_OUTSIDE = "workloads/<str:ref>/outside-evidence"

urlpatterns = [
    path(
        "workloads/<str:ref>/judges/<str:name>/versions/<int:number>/checks/",
        views.judge_checks,
        name="judge",
    ),
    path("workloads/<str:ref>/evaluation/", views.evaluation, name="evaluation"),
    path(f"{_ONE}/", views.scorecard, name="scorecard"),
    path(f"{_ONE}.csv", views.scorecard_csv, name="csv"),
    path(f"{_ONE}.json", views.scorecard_json, name="json"),
    path(f"{_ONE}.html", views.scorecard_html, name="html"),
    path("workloads/<str:ref>/runs/<uuid:run_id>/pairs/", views.pairs, name="pairs"),
    path("workloads/<str:ref>/pairs/<uuid:run_id>/", views.pair, name="pair"),
    path("workloads/<str:ref>/compare/", views.comparison, name="compare"),
    path("workloads/<str:ref>/compare/<uuid:revision>/", views.example, name="example"),
    path(f"{_OUTSIDE}/import/", views.outside_import, name="outside_import"),
    path(f"{_OUTSIDE}/<int:number>/", views.outside, name="outside"),
    path(f"{_OUTSIDE}/<int:number>.json", views.outside_file, name="outside_file"),
]
