"""What the pages of a brief show of its discussion."""

from typing import Any

from portal.accounts.models import User
from workloads.briefs.models import Brief
from workloads.briefs.policies import can_discuss
from workloads.briefs.threads import threads_of


def talk_context(user: User, brief: Brief) -> dict[str, Any]:
    """Return the threads by field, the open ones as a list, and whether ``user`` may speak."""
    threads = threads_of(brief)
    begun = not brief._state.adding
    return {
        "threads": threads,
        "open_threads": [one for one in threads.values() if one.is_open],
        "may_discuss": begun and bool(can_discuss(user, brief.cycle.workload)),
    }
