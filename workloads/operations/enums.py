"""The words of phase 8."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class Standing(ToneChoices):
    """Whether the newest release serves."""

    LIVE = "live", "Live"
    WAITING = "waiting", "Approved, not live"

    __tones__: ClassVar[dict[str, str]] = {"live": "pass", "waiting": "warn"}


class Match(ToneChoices):
    """Whether what runs is what was approved."""

    SAME = "same", "What runs is what was approved"
    DIFFERS = "differs", "Differs from what was approved"

    __tones__: ClassVar[dict[str, str]] = {"same": "pass", "differs": "fail"}


class ConcernKind(ToneChoices):
    """What a change of the catalog means for a live release."""

    KPI_CHECK = "kpi_check", "KPI check"
    REFRESH = "refresh", "Refresh"
    INCIDENT = "incident", "Incident"
    DRIFT = "drift", "Drift alert"

    __tones__: ClassVar[dict[str, str]] = {
        "kpi_check": "warn", "refresh": "warn", "incident": "fail", "drift": "fail",
    }  # fmt: skip


class Outcome(ToneChoices):
    """How one call ended."""

    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused"
    HELD_BACK = "held_back", "Held back"
    ERROR = "error", "No answer"

    __tones__: ClassVar[dict[str, str]] = {
        "answered": "pass", "refused": "info", "held_back": "warn", "error": "fail",
    }  # fmt: skip
