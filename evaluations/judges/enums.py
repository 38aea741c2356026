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
    PAIR = "p", "Which of two answers is better, or neither"

    @property
    def pairwise(self) -> bool:
        """Whether such a judge compares two answers; the others grade one by itself."""
        return self is Levels.PAIR

    @property
    def labels(self) -> "tuple[Label, ...]":
        """What people and judge may say."""
        return _SCALES[self.value]


class Label(ToneChoices):
    """What a person or a judge says of one answer, or of the first and the second of two."""

    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    CANNOT_TELL = "cannot_tell", "Cannot tell"
    FIRST = "first", "First is better"
    SECOND = "second", "Second is better"
    TIE = "tie", "No difference"

    __tones__: ClassVar[dict[str, str]] = {"pass": "pass", "fail": "fail"}


_SCALES = {
    "2": (Label.PASS, Label.FAIL),
    "3": (Label.PASS, Label.FAIL, Label.CANNOT_TELL),
    "p": (Label.FIRST, Label.SECOND, Label.TIE),
}


class Standing(ToneChoices):
    """What a judge may be used for."""

    USABLE = "usable", "Usable in a gate"
    ADVISORY = "advisory", "Advisory"
    OFF = "off", "Off"

    __tones__: ClassVar[dict[str, str]] = {"usable": "pass", "advisory": "warn", "off": "fail"}
