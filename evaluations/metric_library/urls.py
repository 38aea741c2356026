"""URLs of metrics."""

from django.urls import path

from evaluations.metric_library import views

app_name = "metrics"
_METRIC = "metrics/<slug:name>"

urlpatterns = [
    path("metrics/", views.metrics, name="list"),
    path("metrics/new/", views.declare, name="declare"),
    path(f"{_METRIC}/", views.metric, name="metric"),
    path(f"{_METRIC}/versions/new/", views.declare_version, name="declare_version"),
    path(f"{_METRIC}/versions/<int:version>/", views.metric, name="version"),
    path(f"{_METRIC}/retire/", views.retire, name="retire"),
]
