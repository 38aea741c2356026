"""Pages of phase 4, by what they are about."""

from evaluations.scorecards.views.comparing import comparison, example
from evaluations.scorecards.views.evaluation import evaluation
from evaluations.scorecards.views.outside import outside, outside_file, outside_import
from evaluations.scorecards.views.pairing import pair, pairs
from evaluations.scorecards.views.scorecards import (
    judge_checks,
    scorecard,
    scorecard_csv,
    scorecard_html,
    scorecard_json,
)

__all__ = [
    "comparison",
    "evaluation",
    "example",
    "judge_checks",
    "outside",
    "outside_file",
    "outside_import",
    "pair",
    "pairs",
    "scorecard",
    "scorecard_csv",
    "scorecard_html",
    "scorecard_json",
]
