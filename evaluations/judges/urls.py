"""URLs of judges, relative to the site's root."""

from django.urls import path

from evaluations.judges import views

app_name = "judges"
_ONE = "workloads/<str:ref>/judges/<str:name>/"
_VERSION = f"{_ONE}versions/<int:number>/"

urlpatterns = [
    path("workloads/<str:ref>/judges/", views.judges, name="list"),
    path(f"{_ONE}new-version/", views.new_version, name="new"),
    path(_VERSION, views.version, name="version"),
    path(f"{_VERSION}label/", views.label, name="label"),
    path(f"{_VERSION}settle/", views.settle, name="settle"),
]
