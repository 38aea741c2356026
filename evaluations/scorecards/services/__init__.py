"""Every change around scorecards: start a run, publish it, choose the winner, test a build."""

from evaluations.scorecards.services.baseline import baseline_plan, start_baseline
from evaluations.scorecards.services.campaigns import break_off, start_campaign_run
from evaluations.scorecards.services.outside import import_outside_evidence
from evaluations.scorecards.services.publishing import publish, publish_missing
from evaluations.scorecards.services.winners import choose_winner

__all__ = [
    "baseline_plan",
    "break_off",
    "choose_winner",
    "import_outside_evidence",
    "publish",
    "publish_missing",
    "start_baseline",
    "start_campaign_run",
]
