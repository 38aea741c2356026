"""The pages of the brief."""

from workloads.briefs.views.discussion import discussion, suggestion, thread
from workloads.briefs.views.drafts import brief
from workloads.briefs.views.versions import compare, exported, printed, version

__all__ = [
    "brief",
    "compare",
    "discussion",
    "exported",
    "printed",
    "suggestion",
    "thread",
    "version",
]
