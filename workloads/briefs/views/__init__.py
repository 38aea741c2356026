"""The pages of the brief."""

from workloads.briefs.views.discussion import discussion, suggestion, thread
from workloads.briefs.views.drafts import brief
from workloads.briefs.views.tier import confirm as confirm_tier
from workloads.briefs.views.tier import end as end_tier
from workloads.briefs.views.tier import tier, try_tier
from workloads.briefs.views.versions import compare, exported, printed, version

__all__ = [
    "brief",
    "compare",
    "confirm_tier",
    "discussion",
    "end_tier",
    "exported",
    "printed",
    "suggestion",
    "thread",
    "tier",
    "try_tier",
    "version",
]
