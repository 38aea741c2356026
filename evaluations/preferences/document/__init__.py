"""What a closed study showed, as one JSON document: pure, from plan and verdicts alone.

Every verdict stands in it, so that each figure can be computed again; raters are seats, not names.
"""

from evaluations.preferences.document.build import build
from evaluations.preferences.document.rows import Facts, VerdictRow

__all__ = ["Facts", "VerdictRow", "build"]
