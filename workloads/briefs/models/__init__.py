"""The brief of a cycle, its KPIs, the versions that were submitted, and what is said about it."""

from workloads.briefs.models.brief import Brief, Kpi
from workloads.briefs.models.discussion import Remark, Suggestion
from workloads.briefs.models.version import BriefVersion

__all__ = ["Brief", "BriefVersion", "Kpi", "Remark", "Suggestion"]
