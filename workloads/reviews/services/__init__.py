"""Writing criteria, locking them, testing against them, and concluding."""

from workloads.reviews.services.bars import CriterionInput
from workloads.reviews.services.campaigns import (
    Seen,
    break_off_campaign,
    record_executions,
    start_campaign,
)
from workloads.reviews.services.criteria import (
    lock_criteria,
    new_criteria_version,
    write_criteria,
)

__all__ = [
    "CriterionInput",
    "Seen",
    "break_off_campaign",
    "lock_criteria",
    "new_criteria_version",
    "record_executions",
    "start_campaign",
    "write_criteria",
]
