"""URLs of datasets, relative to the site's root."""

from django.urls import path

from evaluations.datasets import views

app_name = "datasets"
_ONE = "workloads/<str:ref>/datasets/<str:dataset_ref>/"

urlpatterns = [
    path("workloads/<str:ref>/datasets/", views.datasets, name="list"),
    path(_ONE, views.dataset, name="dataset"),
    path(f"{_ONE}settings/", views.settings, name="settings"),
    path(f"{_ONE}commit/", views.commit, name="commit"),
    path(f"{_ONE}removals/", views.removals, name="removals"),
    path(f"{_ONE}examples/", views.examples, name="examples"),
    path(f"{_ONE}examples/add/", views.add, name="add"),
    path(f"{_ONE}examples/edit/", views.edit, name="edit"),
    path(f"{_ONE}examples/change/", views.change, name="change"),
    path(f"{_ONE}import/", views.import_file, name="import"),
    path(f"{_ONE}imports/<uuid:upload_id>/", views.preview, name="preview"),
    path(f"{_ONE}imports/<uuid:upload_id>/columns/", views.columns, name="columns"),
    path(f"{_ONE}imports/<uuid:upload_id>/confirm/", views.confirm, name="confirm"),
    path(f"{_ONE}versions/", views.versions, name="versions"),
    path(f"{_ONE}versions/<int:number>/", views.version, name="version"),
    path(f"{_ONE}versions/<int:number>/restore/", views.restore, name="restore"),
    path(f"{_ONE}compare/", views.compare, name="compare"),
    path(f"{_ONE}export/", views.export, name="export"),
    path(f"{_ONE}proposals/", views.proposals, name="proposals"),
    path(f"{_ONE}proposals/<uuid:proposal_id>/", views.decide, name="decide"),
]
