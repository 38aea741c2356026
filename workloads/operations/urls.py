"""Pages of phase 8."""

from django.urls import path

from workloads.operations import views

app_name = "operations"
urlpatterns = [
    path("workloads/<str:ref>/operations/", views.operations, name="operations"),
    path("workloads/<str:ref>/operations/live/", views.go_live, name="go_live"),
    path("workloads/<str:ref>/operations/suspend/", views.suspend, name="suspend"),
    path(
        "workloads/<str:ref>/operations/concerns/<uuid:concern_id>/",
        views.settle,
        name="settle",
    ),
    path("workloads/<str:ref>/operations/tokens/", views.token, name="token"),
]
