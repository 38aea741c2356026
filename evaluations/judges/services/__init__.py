"""Everything that changes a judge, its labels or its calibrations."""

from evaluations.judges.services.calibrations import (
    finish_calibration,
    note_run,
    open_calibration,
)
from evaluations.judges.services.checks import check_set
from evaluations.judges.services.labelling import label_example, settle_example
from evaluations.judges.services.versions import JudgeDraft, make_judge, make_version

__all__ = [
    "JudgeDraft",
    "check_set",
    "finish_calibration",
    "label_example",
    "make_judge",
    "make_version",
    "note_run",
    "open_calibration",
    "settle_example",
]
