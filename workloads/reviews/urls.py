"""Pages of phase 7."""

from django.urls import path

from workloads.reviews import views

app_name = "reviews"
urlpatterns = [
    path("workloads/<str:ref>/go-no-go/", views.go_no_go, name="go_no_go"),
    path("workloads/<str:ref>/go-no-go/criteria/", views.write, name="write"),
    path("workloads/<str:ref>/go-no-go/criteria/<int:version>/lock/", views.lock, name="lock"),
    path("workloads/<str:ref>/go-no-go/criteria/new/", views.reopen, name="reopen"),
    path("workloads/<str:ref>/go-no-go/campaigns/", views.start, name="start"),
    path(
        "workloads/<str:ref>/go-no-go/campaigns/<int:number>/progress/",
        views.progress,
        name="progress",
    ),
]
