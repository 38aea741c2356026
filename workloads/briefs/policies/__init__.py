"""Who may do what with a brief beyond editing it."""

from workloads.briefs.policies.discussion import can_decide, can_discuss, can_withdraw
from workloads.briefs.policies.tier import (
    OF_THE_DECISION,
    can_end,
    can_lower,
    can_raise,
    can_second,
)

__all__ = [
    "OF_THE_DECISION",
    "can_decide",
    "can_discuss",
    "can_end",
    "can_lower",
    "can_raise",
    "can_second",
    "can_withdraw",
]
