"""The scorecard as a document: a pure function from a plan and its rows to canonical JSON.

No database and no clock: the same rows, in whatever order, give the same document and digest.
"""

from evaluations.scorecards.document.build import build
from evaluations.scorecards.document.rows import CandidateFacts, Example, Facts, ResultRow, ScoreRow

__all__ = ["CandidateFacts", "Example", "Facts", "ResultRow", "ScoreRow", "build"]
