"""Pages of phase 3."""

from django.urls import path

from workloads.prompts import views

app_name = "prompts"
urlpatterns = [
    path("workloads/<str:ref>/prompts/", views.prompts, name="prompts"),
    path("workloads/<str:ref>/prompts/preview/", views.preview, name="preview"),
    path("workloads/<str:ref>/prompts/check/", views.check, name="check"),
    path("workloads/<str:ref>/prompts/false-alarms/", views.false_alarm, name="false_alarm"),
    path("workloads/<str:ref>/prompts/import/", views.import_file, name="import"),
    path("workloads/<str:ref>/prompts/diff/", views.diff, name="diff"),
    path("workloads/<str:ref>/prompts/pointers/", views.pointers, name="pointers"),
    path("workloads/<str:ref>/prompts/<int:number>/", views.version, name="version"),
    path("workloads/<str:ref>/prompts/<int:number>/use/", views.use, name="use"),
    path("workloads/<str:ref>/prompts/<int:number>/restore/", views.restore, name="restore"),
    path("workloads/<str:ref>/prompts/<int:number>/start/", views.start, name="start"),
    path("workloads/<str:ref>/prompts/<int:number>/file/", views.file, name="file"),
]
