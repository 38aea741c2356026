"""URLs of datasets, relative to the site's root."""

from django.urls import path

from evaluations.datasets import views

app_name = "datasets"
_ONE = "workloads/<str:ref>/datasets/<str:dataset_ref>/"

urlpatterns = [
    path("workloads/<str:ref>/datasets/", views.datasets, name="list"),
    path(_ONE, views.dataset, name="dataset"),
    path(f"{_ONE}commit/", views.commit, name="commit"),
    path(f"{_ONE}remove/", views.remove, name="remove"),
    path(f"{_ONE}import/", views.import_file, name="import"),
    path(f"{_ONE}imports/<uuid:upload_id>/", views.preview, name="preview"),
    path(f"{_ONE}imports/<uuid:upload_id>/confirm/", views.confirm, name="confirm"),
    path(f"{_ONE}versions/<int:number>/", views.version, name="version"),
]
