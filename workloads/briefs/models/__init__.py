"""The brief of a cycle, its KPIs, its versions, tiers set aside, and what is said about it."""

from workloads.briefs.models.brief import Brief, Kpi
from workloads.briefs.models.discussion import Remark, Suggestion
from workloads.briefs.models.override import TierOverride
from workloads.briefs.models.version import BriefVersion

__all__ = ["Brief", "BriefVersion", "Kpi", "Remark", "Suggestion", "TierOverride"]
