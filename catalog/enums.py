"""The words of the catalog, with the tones that pages show."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class DataClass(ToneChoices):
    """How sensitive data is, least first."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    CONFIDENTIAL = "confidential", "Confidential"
    RESTRICTED = "restricted", "Restricted"

    __tones__: ClassVar[dict[str, str]] = {"confidential": "warn", "restricted": "warn"}

    @classmethod
    def rank(cls, value: str) -> int:
        """Return 0 for public up to 3 for restricted. Raises ValueError for another word."""
        return cls.values.index(value)


class Hosting(ToneChoices):
    """Whose machines a model runs on."""

    PROVIDER = "provider", "Provider"
    CLOUD_TENANT = "cloud_tenant", "Cloud tenant"
    OWN = "own", "Own infrastructure"


class TrainsOnData(ToneChoices):
    """Whether the provider learns from what it is sent."""

    NO = "no", "No"
    OPT_OUT = "opt_out", "Unless opted out"
    YES = "yes", "Yes"

    __tones__: ClassVar[dict[str, str]] = {"no": "pass", "opt_out": "warn", "yes": "fail"}


class EntryStatus(ToneChoices):
    """What the company decided about a model."""

    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Approved"
    RESTRICTED = "restricted", "Restricted"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"
    BLOCKED = "blocked", "Blocked"

    __tones__: ClassVar[dict[str, str]] = {
        "proposed": "info",
        "approved": "pass",
        "restricted": "warn",
        "deprecated": "warn",
        "retired": "none",
        "blocked": "fail",
    }


class Capability(ToneChoices):
    """What a workload may ask of a model beyond text in, text out."""

    TOOLS = "tools", "Tool calls"
    JSON_SCHEMA = "json_schema", "JSON by a schema"
    VISION = "vision", "Images"
    AUDIO = "audio", "Audio"
    LONG_CONTEXT = "long_context", "Long context"
    STREAMING = "streaming", "Streaming"


class Modality(ToneChoices):
    """What goes in and comes out."""

    TEXT = "text", "Text"
    IMAGE = "image", "Image"
    AUDIO = "audio", "Audio"


class Currency(ToneChoices):
    """The currencies that prices and budgets may be written in (ISO 4217)."""

    USD = "USD", "US dollar"
    EUR = "EUR", "Euro"
    GBP = "GBP", "Pound sterling"
    CHF = "CHF", "Swiss franc"


class Outcome(ToneChoices):
    """How a model stands against a brief."""

    FITS = "fits", "Fits"
    NEAR_MISS = "near_miss", "Near miss"
    RULED_OUT = "ruled_out", "Ruled out"

    __tones__: ClassVar[dict[str, str]] = {"fits": "pass", "near_miss": "warn", "ruled_out": "fail"}


class PriceOrigin(ToneChoices):
    """Who says what a model costs. What a person set is never replaced by a program."""

    GATEWAY = "gateway", "Gateway"
    PRICE_MAP = "price_map", "Price map"
    PERSON = "person", "A person"


class Source(ToneChoices):
    """What the catalog is compared with: the gateway's own account, or an uploaded price map."""

    GATEWAY = "gateway", "Gateway"
    PRICE_MAP = "price_map", "Price map"


class PreviewState(ToneChoices):
    """Whether a previewed comparison still waits for somebody to apply it."""

    WAITING = "waiting", "Waiting"
    APPLIED = "applied", "Applied"
    DISCARDED = "discarded", "Discarded"

    __tones__: ClassVar[dict[str, str]] = {"waiting": "info", "applied": "pass"}


class Witness(ToneChoices):
    """Where it was seen that an alias stands for another snapshot than the pinned one."""

    LISTING = "listing", "the gateway's list"
    PROBE = "probe", "a call"


class ProbeState(ToneChoices):
    """How far a probe is."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Measuring"
    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"

    __tones__: ClassVar[dict[str, str]] = {
        "queued": "info",
        "running": "info",
        "complete": "pass",
        "failed": "fail",
    }


class Answered(ToneChoices):
    """As what a model answered, beside the snapshot that is pinned."""

    PINNED = "pinned", "As pinned"
    UNSAID = "unsaid", "Names no snapshot"
    UNPINNED = "unpinned", "Nothing is pinned"
    OTHER = "other", "As another"
    SILENT = "silent", "No answer"

    __tones__: ClassVar[dict[str, str]] = {"pinned": "pass", "other": "fail", "silent": "fail"}


class SyncState(ToneChoices):
    """How a synchronisation with the gateway ended."""

    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"

    __tones__: ClassVar[dict[str, str]] = {"applied": "pass", "failed": "fail"}
