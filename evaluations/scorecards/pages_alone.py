"""A scorecard as one HTML file: nothing is fetched, nothing runs, it opens without the portal."""

import base64

from django.template.loader import render_to_string

from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.outdated import outdated
from evaluations.scorecards.presentation import assumption, view_of
from evaluations.scorecards.selectors import choices_of, newest_baseline
from portal.common.clock import now


def as_html(scorecard: Scorecard) -> str:
    """Return the scorecard as a document of its own.

    Its policy for the browser allows just the style that it carries: whatever a name or a reason
    holds, nothing in the file can run or be fetched. What it says about being outdated is as of
    the day that it was made.
    """
    style = render_to_string("evaluations/scorecards/alone.css")
    newest = newest_baseline(scorecard.cycle)
    is_newest = newest is not None and newest.pk == scorecard.pk
    choice = choices_of(scorecard.cycle).filter(scorecard=scorecard).first() if is_newest else None
    context = {
        "scorecard": scorecard,
        "workload": scorecard.workload,
        "view": view_of(scorecard.document, choice.alias if choice else ""),
        "assumption": assumption(scorecard.document),
        "choice": choice,
        "outdated": outdated(scorecard) if is_newest else [],
        "style": f"data:text/css;base64,{base64.b64encode(style.encode()).decode()}",
        "made_at": now(),
    }
    return render_to_string("evaluations/scorecards/alone.html", context)
