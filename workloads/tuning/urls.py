"""The page of phase 5."""

from django.urls import path

from workloads.tuning import views

app_name = "tuning"
urlpatterns = [path("workloads/<str:ref>/tuning/", views.tuning, name="tuning")]
