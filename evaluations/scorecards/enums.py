"""The words of scorecards, with their tones."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class Standing(ToneChoices):
    """How a candidate stands against the floors, or a figure against a limit."""

    MEETS = "meets", "Meets floors"
    FAILS = "fails", "Fails"
    CANNOT_TELL = "cannot_tell", "Cannot tell"
    NO_FLOOR = "no_floor", "No floor set"

    __tones__: ClassVar[dict[str, str]] = {"meets": "pass", "fails": "fail"}


class Fit(ToneChoices):
    """How a candidate stands against one limit of the brief."""

    WITHIN = "within", "Within"
    OVER = "over", "Over"
    CANNOT_TELL = "cannot_tell", "Cannot tell"

    __tones__: ClassVar[dict[str, str]] = {"within": "pass", "over": "fail"}


class OutsideFormat(ToneChoices):
    """Which tool an outside file is of."""

    PROMPTFOO = "promptfoo", "promptfoo"
    INSPECT = "inspect", "Inspect"
