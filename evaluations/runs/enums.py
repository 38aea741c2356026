"""The states of runs and of what they are made of."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class RunState(ToneChoices):
    """Where a run stands. Scorecards are published from complete runs only."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Partial"
    CANCELLED = "cancelled", "Cancelled"
    BUDGET_STOPPED = "budget_stopped", "Stopped at its budget"
    FAILED = "failed", "Failed"

    __tones__: ClassVar[dict[str, str]] = {
        "queued": "info",
        "running": "info",
        "paused": "warn",
        "complete": "pass",
        "partial": "warn",
        "cancelled": "none",
        "budget_stopped": "warn",
        "failed": "fail",
    }


# A run that counts against the number of runs that a workload may have at once.
ACTIVE = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
# A run that drivers may work on.
DRIVABLE = (RunState.QUEUED, RunState.RUNNING)
# A run that nothing can change any more; BUDGET_STOPPED may go on with a higher cap.
FINAL = (RunState.COMPLETE, RunState.PARTIAL, RunState.CANCELLED, RunState.FAILED)


class Stop(ToneChoices):
    """Why the drivers of a run are to stop; read by them between calls."""

    NONE = "", "Not asked to stop"
    CANCEL = "cancel", "Cancelling"
    PAUSE = "pause", "Pausing"
    BUDGET = "budget", "Budget reached"
    STORAGE = "storage", "Storage full"

    __tones__: ClassVar[dict[str, str]] = {
        "cancel": "warn",
        "pause": "warn",
        "budget": "warn",
        "storage": "warn",
    }


# The reason of a paused run that goes on by itself, when there is room for its results again.
STORAGE = "storage"


class RunPurpose(ToneChoices):
    """What a run is made for."""

    TRIAL = "trial", "Trial"
    BASELINE = "baseline", "Baseline"
    REGRESSION = "regression", "Regression"
    CAMPAIGN = "campaign", "Go/no-go campaign"
    JUDGING = "judging", "Judging"

    __tones__: ClassVar[dict[str, str]] = {"baseline": "info", "campaign": "info"}


class LeaseState(ToneChoices):
    """Whether a lease can be claimed, is being worked on, or is finished."""

    READY = "ready", "Ready"
    LEASED = "leased", "Leased"
    DONE = "done", "Done"

    __tones__: ClassVar[dict[str, str]] = {"leased": "info", "done": "pass"}


# What an item of work can end in beside an answer: the gateway's error codes and these.
ERROR_LABELS: dict[str, str] = {
    "rate_limited": "turned away (429)",
    "refused": "refused by the gateway's policy",
    "timeout": "timed out",
    "truncated": "answer broke off",
    "too_large": "answer too large",
    "not_authorised": "key not accepted",
    "bad_request": "request not accepted",
    "not_found": "model not found",
    "server_error": "gateway failed",
    "unreachable": "gateway not reached",
    "redirect": "redirect not followed",
    "malformed": "answer not readable",
    "address_not_allowed": "address not allowed",
    "render_error": "prompt could not be rendered",
    "worker_crashed": "crashed its worker",
    "internal": "failed inside Assay",
}
