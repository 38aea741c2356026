"""Every change of a run that a person or the portal asks for, each in one transaction.

Locks are taken in one order: workload, run; the audit head comes last.
"""

from evaluations.runs.services.ending import begin_run, close_run, fail_run
from evaluations.runs.services.starting import start_run
from evaluations.runs.services.steering import cancel_run, pause_run, raise_budget, resume_run
from evaluations.runs.services.sweeping import sweep

__all__ = [
    "begin_run",
    "cancel_run",
    "close_run",
    "fail_run",
    "pause_run",
    "raise_budget",
    "resume_run",
    "start_run",
    "sweep",
]
