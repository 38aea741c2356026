"""Every change of phase 5, and what a change of the catalog does to an open cycle."""

from workloads.tuning.services.deciding import EVIDENCE, EVIDENCE_MIN, decide
from workloads.tuning.services.following import follow_catalog

__all__ = ["EVIDENCE", "EVIDENCE_MIN", "decide", "follow_catalog"]
