"""Tables of the lifecycle."""

from workloads.lifecycle.models.releases import LiveSpell, Release
from workloads.lifecycle.models.reviews import Review, ReviewReading, Vote
from workloads.lifecycle.models.workloads import Cycle, Membership, PhaseRecord, Workload

__all__ = [
    "Cycle",
    "LiveSpell",
    "Membership",
    "PhaseRecord",
    "Release",
    "Review",
    "ReviewReading",
    "Vote",
    "Workload",
]
