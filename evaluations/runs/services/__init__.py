"""Every change of a run that a person or the portal asks for, each in one transaction.

Locks are taken in one order: workload, run; the audit head comes last.
"""

from evaluations.runs.services.ending import begin_run, close_run, fail_run
from evaluations.runs.services.judging import (
    calibration_ended,
    judging_of,
    judging_settled,
    pin_judges,
    start_calibration,
)
from evaluations.runs.services.pairing import comparisons_of, start_comparison
from evaluations.runs.services.starting import start_run
from evaluations.runs.services.steering import cancel_run, pause_run, raise_budget, resume_run
from evaluations.runs.services.storing import pause_for_storage, resume_stored
from evaluations.runs.services.sweeping import sweep

__all__ = [
    "begin_run",
    "calibration_ended",
    "cancel_run",
    "close_run",
    "comparisons_of",
    "fail_run",
    "judging_of",
    "judging_settled",
    "pause_for_storage",
    "pause_run",
    "pin_judges",
    "raise_budget",
    "resume_run",
    "resume_stored",
    "start_calibration",
    "start_comparison",
    "start_run",
    "sweep",
]
