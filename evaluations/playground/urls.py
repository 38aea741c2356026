"""URLs of the playground, relative to the site's root."""

from django.urls import path

from evaluations.playground import views

app_name = "playground"
_HOME = "workloads/<str:ref>/playground/"
_ONE = f"{_HOME}<uuid:trial_id>/"

urlpatterns = [
    path(_HOME, views.home, name="home"),
    path(f"{_HOME}outlook/", views.outlook, name="outlook"),
    path(f"{_HOME}panel/", views.panel, name="panel"),
    path(_ONE, views.trial, name="trial"),
    path(f"{_ONE}cancel/", views.cancel, name="cancel"),
]
