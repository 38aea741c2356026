"""Every URL of the site; each slice brings its own, relative to the site's root."""

from django.urls import include, path

from portal import api
from portal.common import health

handler400 = "portal.shell.views.bad_request"
handler403 = "portal.shell.views.permission_denied"
handler404 = "portal.shell.views.not_found"
handler429 = "portal.shell.views.too_many_requests"
handler500 = "portal.shell.views.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("portal.accounts.urls")),
    path("api/v1/", include((api.urlpatterns, "api"))),
    path("", include("portal.shell.urls")),
    path("", include("catalog.urls")),
    path("", include("workloads.lifecycle.urls")),
    path("", include("workloads.briefs.urls")),
    path("", include("workloads.selection.urls")),
    path("", include("workloads.prompts.urls")),
    path("", include("workloads.tuning.urls")),
    path("", include("workloads.builds.urls")),
    path("", include("workloads.reviews.urls")),
    path("", include("workloads.operations.urls")),
    path("", include("evaluations.metric_library.urls")),
    path("", include("evaluations.datasets.urls")),
    path("", include("evaluations.judges.urls")),
    path("", include("evaluations.runs.urls")),
    path("", include("evaluations.preferences.urls")),
    path("", include("evaluations.scorecards.urls")),
    path("", include("evaluations.playground.urls")),
]
