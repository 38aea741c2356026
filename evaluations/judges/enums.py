"""The words of judges, with their tones."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class Given(ToneChoices):
    """What a judge compares an answer with: it never has to know the answer by itself."""

    REFERENCE = "reference", "The reference answer"
    DOCUMENTS = "documents", "The documents"


class Levels(ToneChoices):
    """The verdicts that a judge may give."""

    TWO = "2", "Pass or fail"
    THREE = "3", "Pass, fail or cannot tell"


class Label(ToneChoices):
    """What a person or a judge says of one answer."""

    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    CANNOT_TELL = "cannot_tell", "Cannot tell"

    __tones__: ClassVar[dict[str, str]] = {"pass": "pass", "fail": "fail"}


class Standing(ToneChoices):
    """What a judge may be used for."""

    USABLE = "usable", "Usable in a gate"
    ADVISORY = "advisory", "Advisory"
    OFF = "off", "Off"

    __tones__: ClassVar[dict[str, str]] = {"usable": "pass", "advisory": "warn", "off": "fail"}
