"""URLs of preference studies, relative to the site's root. None names a candidate or a pair."""

from django.urls import path

from evaluations.preferences import views

app_name = "preferences"
_ALL = "workloads/<str:ref>/studies/"
_ONE = f"{_ALL}<int:number>/"

urlpatterns = [
    path(_ALL, views.studies, name="studies"),
    path(f"{_ALL}new/", views.new, name="new"),
    path(f"{_ALL}panel/", views.panel, name="panel"),
    path(f"{_ALL}of-run/<uuid:run_id>/", views.of_run, name="of_run"),
    path(_ONE, views.study, name="study"),
    path(f"{_ONE}raters/", views.invite, name="invite"),
    path(f"{_ONE}rate/", views.rate, name="rate"),
]
