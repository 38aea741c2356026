"""Pages of phase 2."""

from django.urls import path

from workloads.selection import views

app_name = "selection"
urlpatterns = [
    path("workloads/<str:ref>/selection/", views.selection, name="selection"),
    path("workloads/<str:ref>/selection/<int:number>/", views.shortlist, name="shortlist"),
]
