"""The states of trials and of their cells."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class TrialState(ToneChoices):
    """Where a trial stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETE = "complete", "Ended"
    CANCELLED = "cancelled", "Cancelled"
    CAP_REACHED = "cap_reached", "Stopped at its cap"
    FAILED = "failed", "Failed"

    __tones__: ClassVar[dict[str, str]] = {
        "queued": "info",
        "running": "info",
        "cap_reached": "warn",
        "failed": "fail",
    }


# A trial that may still make calls.
ACTIVE = (TrialState.QUEUED, TrialState.RUNNING)


class CellState(ToneChoices):
    """How far one cell is: one model with one prompt on one input."""

    WAITING = "waiting", "Waiting"
    CALLING = "calling", "Asking"
    ANSWERED = "answered", "Answered"
    ERROR = "error", "No answer"
    SKIPPED = "skipped", "Not asked"

    __tones__: ClassVar[dict[str, str]] = {"calling": "info", "answered": "pass", "error": "fail"}


# A cell that will not change any more.
ENDED = (CellState.ANSWERED, CellState.ERROR, CellState.SKIPPED)
