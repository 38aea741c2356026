"""The states of a study, and what a rater may say."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class StudyState(ToneChoices):
    """Whether answers are still rated; who gave them is said only when it is closed."""

    OPEN = "open", "Being rated"
    CLOSED = "closed", "Closed"

    __tones__: ClassVar[dict[str, str]] = {"open": "info", "closed": "pass"}


class Choice(ToneChoices):
    """What a rater says about the two answers as they stood on the screen."""

    A = "a", "A is better"
    B = "b", "B is better"
    TIE = "tie", "Both are as good"
    BOTH_BAD = "both_bad", "Both are bad"


class Outcome(ToneChoices):
    """The same with the sides taken away: which of the two candidates was preferred."""

    FIRST = "first", "The first is better"
    SECOND = "second", "The second is better"
    TIE = "tie", "Both are as good"
    BOTH_BAD = "both_bad", "Both are bad"


def outcome_of(choice: str, *, first_is_a: bool) -> Outcome:
    """Return what ``choice`` says once it is known which candidate stood at A."""
    if choice in (Choice.TIE, Choice.BOTH_BAD):
        return Outcome(choice)
    return Outcome.FIRST if (choice == Choice.A) is first_is_a else Outcome.SECOND
