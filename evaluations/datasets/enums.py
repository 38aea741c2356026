"""The words of golden datasets, with their tones."""

from typing import ClassVar

from portal.common.choices import ToneChoices


class Purpose(ToneChoices):
    """What a dataset is for."""

    GOLDEN = "golden", "Golden dataset"
    TRAINING = "training", "Training"
    RED_TEAM = "red_team", "Red team"
    CALIBRATION = "calibration", "Calibration"

    __tones__: ClassVar[dict[str, str]] = {"golden": "info"}


class Kind(ToneChoices):
    """What an example is there to show."""

    TYPICAL = "typical", "Typical"
    EDGE = "edge", "Edge"
    ADVERSARIAL = "adversarial", "Adversarial"

    __tones__: ClassVar[dict[str, str]] = {"edge": "warn", "adversarial": "fail"}
    __symbols__: ClassVar[dict[str, str]] = {"typical": "•", "edge": "◐", "adversarial": "◆"}


class Expects(ToneChoices):
    """What a good answer does with the input."""

    ANSWER = "answer", "Answer"
    REFUSE = "refuse", "Refuse"
    CLARIFY = "clarify", "Ask back"
    ESCALATE = "escalate", "Hand over"


class Source(ToneChoices):
    """Where an example came from."""

    AUTHORED = "authored", "Authored"
    IMPORT = "import", "Import"
    FEEDBACK = "feedback", "Feedback"
    INCIDENT = "incident", "Incident"
    RED_TEAM = "red_team", "Red team"


class SourceKind(ToneChoices):
    """Where the examples of a dataset as a whole come from."""

    OWN = "own", "Own records"
    CUSTOMER = "customer", "A customer"
    PUBLIC = "public", "Published data"
    VENDOR = "vendor", "Bought"
    SYNTHETIC = "synthetic", "Made by a model"
    WRITTEN = "written", "Written for this"


class ProposalState(ToneChoices):
    """Whether a proposed example is decided."""

    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"

    __tones__: ClassVar[dict[str, str]] = {
        "waiting": "warn",
        "accepted": "pass",
        "rejected": "fail",
    }


class Problem(ToneChoices):
    """What may be wrong with an example, as the editor finds it."""

    NEAR_DUPLICATE = "near_duplicate", "Much like another"
    PERSONAL_DATA = "personal_data", "May hold personal data"
    SHAPE = "shape", "Not as the dataset declares"
    UNTAGGED = "untagged", "Without a tag"

    __tones__: ClassVar[dict[str, str]] = {
        "near_duplicate": "warn",
        "personal_data": "warn",
        "shape": "fail",
    }


class DataClass(ToneChoices):
    """How confidential the examples are."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    CONFIDENTIAL = "confidential", "Confidential"
    RESTRICTED = "restricted", "Restricted"


class UploadState(ToneChoices):
    """Whether an uploaded file still waits for its confirmation."""

    WAITING = "waiting", "Waiting"
    IMPORTED = "imported", "Imported"
    DISCARDED = "discarded", "Discarded"


class ImportMode(ToneChoices):
    """What an import does to the examples that the draft holds already."""

    ADD = "add", "Add to the draft; a row with a known key replaces that example"
    REPLACE = "replace", "Replace the whole draft"
