"""The brief over the API: its answers, its versions, and what is said about it."""

from workloads.briefs.api import discussion, drafts, versions

api_urlpatterns = [
    *drafts.api_urlpatterns,
    *versions.api_urlpatterns,
    *discussion.api_urlpatterns,
]
