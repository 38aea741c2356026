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


class Outcome(ToneChoices):
    """How one call ended."""

    ANSWERED = "answered", "Answered"
    REFUSED = "refused", "Refused"
    HELD_BACK = "held_back", "Held back"
    ERROR = "error", "No answer"

    __tones__: ClassVar[dict[str, str]] = {
        "answered": "pass", "refused": "info", "held_back": "warn", "error": "fail",
    }  # fmt: skip
