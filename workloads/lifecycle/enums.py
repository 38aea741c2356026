"""The states of the lifecycle, with the words and tones that pages show."""

from typing import ClassVar

from django.db import models

from portal.common.choices import ToneChoices


class WorkloadStatus(ToneChoices):
    """Where a workload stands as a whole."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "In progress"
    LIVE = "live", "Live"
    SUSPENDED = "suspended", "Suspended"
    RETIRED = "retired", "Retired"
    REJECTED = "rejected", "Rejected"

    __tones__: ClassVar[dict[str, str]] = {
        "active": "info",
        "live": "pass",
        "suspended": "warn",
        "rejected": "fail",
    }


class CycleKind(ToneChoices):
    """Why a cycle was opened."""

    INITIAL = "initial", "Initial"
    MINOR = "minor", "Minor change"
    MAJOR = "major", "Major change"
    EMERGENCY = "emergency", "Emergency"


class CycleState(ToneChoices):
    """Whether a cycle still runs."""

    OPEN = "open", "Open"
    RELEASED = "released", "Released"
    ABANDONED = "abandoned", "Abandoned"

    __tones__: ClassVar[dict[str, str]] = {"open": "info", "released": "pass"}


class PhaseState(ToneChoices):
    """Where one phase of a cycle stands."""

    OPEN = "open", "Open"
    IN_REVIEW = "in_review", "In review"
    PASSED = "passed", "Passed"
    STALE = "stale", "To reconfirm"

    __tones__: ClassVar[dict[str, str]] = {"in_review": "info", "passed": "pass", "stale": "warn"}


class ReviewOutcome(ToneChoices):
    """How a review ended, or that it has not."""

    OPEN = "open", "Open"
    APPROVED = "approved", "Approved"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    SUPERSEDED = "superseded", "Evidence changed"
    EXPIRED = "expired", "Expired"

    __tones__: ClassVar[dict[str, str]] = {
        "open": "info",
        "approved": "pass",
        "changes_requested": "warn",
        "rejected": "fail",
        "superseded": "warn",
        "expired": "warn",
    }


class VoteChoice(ToneChoices):
    """What a reviewer may say."""

    APPROVE = "approve", "Approve"
    REQUEST_CHANGES = "request_changes", "Request changes"
    OBJECT = "object", "Object"
    REJECT = "reject", "Reject"
    ABSTAIN = "abstain", "Abstain"

    __tones__: ClassVar[dict[str, str]] = {
        "approve": "pass",
        "request_changes": "warn",
        "object": "fail",
        "reject": "fail",
    }


class MemberRole(ToneChoices):
    """What a person is to one workload."""

    OWNER = "owner", "Owner"
    CONTRIBUTOR = "contributor", "Contributor"
    RATER = "rater", "Rater"
    OBSERVER = "observer", "Observer"


class CheckState(ToneChoices):
    """What a machine can say about one exit check."""

    PASS = "pass", "Pass"
    FAIL = "fail", "To do"
    WAIVED = "waived", "Waived"
    UNKNOWN = "unknown", "Unknown"

    __tones__: ClassVar[dict[str, str]] = {"pass": "pass", "fail": "fail", "waived": "warn"}


class Impact(ToneChoices):
    """What an upstream change does to a phase, weakest first."""

    NOTE = "note", "Noted"
    RECONFIRM = "reconfirm", "To reconfirm"
    REOPEN = "reopen", "Reopened"

    __tones__: ClassVar[dict[str, str]] = {"reconfirm": "warn", "reopen": "fail"}
    __symbols__: ClassVar[dict[str, str]] = {"reconfirm": "↻", "reopen": "○"}


class ManifestChange(ToneChoices):
    """How one record differs between two manifests."""

    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    GONE = "gone", "Gone"

    __tones__: ClassVar[dict[str, str]] = {"added": "info", "changed": "warn", "gone": "fail"}
    __symbols__: ClassVar[dict[str, str]] = {"added": "+", "changed": "!", "gone": "–"}


class RiskTier(models.IntegerChoices):
    """How much a mistake could cost, as the brief's answers add up to."""

    LOW = 1, "Tier 1, low"
    LIMITED = 2, "Tier 2, limited"
    HIGH = 3, "Tier 3, high"
    CRITICAL = 4, "Tier 4, critical"
