"""URLs of the lifecycle, relative to the site's root."""

from django.urls import path

from workloads.lifecycle.views import gates, members, panels, workloads

app_name = "lifecycle"
urlpatterns = [
    path("workloads/", workloads.workload_list, name="workloads"),
    path("workloads/new/", workloads.workload_new, name="new"),
    path("workloads/panels/waiting/", panels.waiting, name="waiting"),
    path("workloads/panels/by-phase/", panels.by_phase, name="by_phase"),
    path("workloads/<str:ref>/", workloads.workload_page, name="workload"),
    path("workloads/<str:ref>/rename/", workloads.workload_rename, name="rename"),
    path("workloads/<str:ref>/members/", members.members, name="members"),
    path(
        "workloads/<str:ref>/members/<uuid:membership_id>/end/",
        members.end_membership,
        name="end_membership",
    ),
    path("workloads/<str:ref>/gates/<str:phase_key>/", gates.gate, name="gate"),
    path("workloads/<str:ref>/gates/<str:phase_key>/submit/", gates.submit, name="submit"),
    path("workloads/<str:ref>/gates/<str:phase_key>/withdraw/", gates.withdraw, name="withdraw"),
    path("workloads/<str:ref>/gates/<str:phase_key>/vote/", gates.vote, name="vote"),
    path(
        "workloads/<str:ref>/gates/<str:phase_key>/objections/<int:vote_id>/lift/",
        gates.lift,
        name="lift",
    ),
]
