"""Pages of phase 3."""

from django.urls import path

from workloads.prompts import views

app_name = "prompts"
urlpatterns = [
    path("workloads/<str:ref>/prompts/", views.prompts, name="prompts"),
    path("workloads/<str:ref>/prompts/preview/", views.preview, name="preview"),
    path("workloads/<str:ref>/prompts/diff/", views.diff, name="diff"),
    path("workloads/<str:ref>/prompts/<int:number>/", views.version, name="version"),
    path("workloads/<str:ref>/prompts/<int:number>/use/", views.use, name="use"),
]
