"""Pages of phase 1."""

from django.urls import path

from workloads.briefs import views

app_name = "briefs"
urlpatterns = [
    path("workloads/new/tier/", views.try_tier, name="try_tier"),
    path("workloads/<str:ref>/brief/tier/", views.tier, name="tier"),
    path(
        "workloads/<str:ref>/brief/tier/<uuid:override_id>/confirm/",
        views.confirm_tier,
        name="confirm_tier",
    ),
    path("workloads/<str:ref>/brief/tier/<uuid:override_id>/end/", views.end_tier, name="end_tier"),
    path("workloads/<str:ref>/brief/", views.brief, name="brief"),
    path("workloads/<str:ref>/brief/versions/<int:number>/", views.version, name="version"),
    path("workloads/<str:ref>/brief/versions/<int:number>/print/", views.printed, name="print"),
    path(
        "workloads/<str:ref>/brief/versions/<int:number>/brief.md", views.exported, name="markdown"
    ),
    path("workloads/<str:ref>/brief/compare/", views.compare, name="compare"),
    path("workloads/<str:ref>/brief/discussion/", views.discussion, name="discussion"),
    path("workloads/<str:ref>/brief/discussion/<str:field>/", views.thread, name="thread"),
    path(
        "workloads/<str:ref>/brief/suggestions/<int:number>/", views.suggestion, name="suggestion"
    ),
]
