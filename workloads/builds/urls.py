"""Pages of phase 6."""

from django.urls import path

from workloads.builds import views

app_name = "builds"
urlpatterns = [
    path("workloads/<str:ref>/build/", views.build, name="build"),
    path(
        "workloads/<str:ref>/build/<int:number>/try/call/",
        views.trial,
        {"kind": "call"},
        name="try",
    ),
    path(
        "workloads/<str:ref>/build/<int:number>/try/kill-switch/",
        views.trial,
        {"kind": "kill_switch"},
        name="try_kill_switch",
    ),
    path(
        "workloads/<str:ref>/build/switch/off/", views.switch, {"state": "off"}, name="switch_off"
    ),
    path("workloads/<str:ref>/build/switch/on/", views.switch, {"state": "on"}, name="switch_on"),
    path("workloads/<str:ref>/build/tokens/", views.token, name="token"),
    path("workloads/<str:ref>/build/tokens/<uuid:pk>/end/", views.revoke, name="revoke_token"),
]
