"""URLs of runs, relative to the site's root."""

from django.urls import path

from evaluations.runs import views

app_name = "runs"
_ONE = "workloads/<str:ref>/runs/<uuid:run_id>/"

urlpatterns = [
    path("workloads/<str:ref>/runs/", views.runs, name="list"),
    path(_ONE, views.run, name="run"),
    path(f"{_ONE}cancel/", views.cancel, name="cancel"),
    path(f"{_ONE}pause/", views.pause, name="pause"),
    path(f"{_ONE}resume/", views.resume, name="resume"),
    path(f"{_ONE}budget/", views.budget, name="budget"),
    path(
        "workloads/<str:ref>/judges/<str:name>/versions/<int:number>/calibrate/",
        views.calibrate,
        name="calibrate",
    ),
]
