"""The words of phase 7."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class Category(ToneChoices):
    """Which kind of evidence a criterion asks for."""

    UNIT = "unit", "Unit tests"
    INTEGRATION = "integration", "Integration tests"
    EVALUATION = "evaluation", "Evaluation"
    RED_TEAM = "red_team", "Red team"
    LOAD = "load", "Load"
    UAT = "uat", "User acceptance"
    SECURITY = "security", "Security"
    PRIVACY = "privacy", "Privacy"
    OPERATIONS = "operations", "Operations"


class Comparator(ToneChoices):
    """Which side of the bar is good."""

    AT_LEAST = ">=", "at least"
    AT_MOST = "<=", "at most"


class Rule(ToneChoices):
    """What of the measurement must clear the bar."""

    POINT = "point", "the value itself"
    INTERVAL_BOUND = "interval_bound", "the near end of the 95 % interval"
    NOT_WORSE = "not_worse", "not worse than the baseline by more than the margin"


class Verdict(ToneChoices):
    """What the machine says about one criterion. Anything but a pass blocks."""

    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    INCONCLUSIVE = "inconclusive", "Not shown"

    __tones__: ClassVar[dict[str, str]] = {"pass": "pass", "fail": "fail", "inconclusive": "warn"}


class CampaignState(ToneChoices):
    """Whether a campaign still tests."""

    TESTING = "testing", "Testing"
    CONCLUDED = "concluded", "Concluded"
    FAILED = "failed", "Broken off"
    VOID = "void", "Void"

    __tones__: ClassVar[dict[str, str]] = {"testing": "info", "failed": "fail", "void": "warn"}


class CampaignVerdict(ToneChoices):
    """What all criteria together say."""

    GO = "go", "GO"
    NO_GO = "no_go", "NO-GO"
    INCOMPLETE = "incomplete", "Incomplete"

    __tones__: ClassVar[dict[str, str]] = {"go": "pass", "no_go": "fail", "incomplete": "warn"}


class LockState(ToneChoices):
    """Whether a version of the criteria can still change."""

    DRAFT = "draft", "Draft"
    LOCKED = "locked", "Locked"

    __tones__: ClassVar[dict[str, str]] = {"locked": "info"}
