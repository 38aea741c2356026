"""The brief of a cycle, its KPIs, and the versions that were submitted."""

from workloads.briefs.models.brief import Brief, Kpi
from workloads.briefs.models.version import BriefVersion

__all__ = ["Brief", "BriefVersion", "Kpi"]
