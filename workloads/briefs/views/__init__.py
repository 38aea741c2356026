"""The pages of the brief."""

from workloads.briefs.views.drafts import brief
from workloads.briefs.views.versions import version

__all__ = ["brief", "version"]
