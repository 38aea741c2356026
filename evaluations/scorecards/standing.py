"""Whether a scorecard clears the bar that stands now: locked criteria, else the floors."""

from evaluations.scorecards.document.floors import judged
from evaluations.scorecards.enums import Standing
from evaluations.scorecards.loading import rows_of
from evaluations.scorecards.measuring import measurements
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.selectors import floors_of
from portal.common.policy import policy
from workloads.reviews.enums import Category, Verdict
from workloads.reviews.selectors import criteria_of
from workloads.reviews.services.campaigns import bar_of
from workloads.reviews.verdicts import judge
from workloads.tuning.selectors import model_lock


def failing_criteria(scorecard: Scorecard) -> list[str]:
    """Return what keeps the scorecard below the bar; empty when it clears it.

    With a locked model and locked criteria: each evaluation criterion that the model does not
    pass. Before that: the floors, which at least one candidate has to meet.
    """
    criteria, entry = criteria_of(scorecard.cycle), model_lock(scorecard.cycle)
    aliases = [one["alias"] for one in scorecard.document["candidates"]]
    if criteria is not None and criteria.locked_at and entry and entry.gateway_alias in aliases:
        missing_max = float(policy().number("evaluation", "error_rate_max"))
        rows = list(criteria.criteria.filter(category=Category.EVALUATION))
        seen = measurements(
            criteria,
            rows,
            scorecard,
            rows_of(scorecard.run),
            candidate=aliases.index(entry.gateway_alias),
        )
        judgements = [
            (one, judge(bar_of(one), seen[one.pk], missing_max=missing_max)) for one in rows
        ]
        return [
            f"{one.title}: {found.words}"
            for one, found in judgements
            if found.verdict != Verdict.PASS
        ]
    floors = floors_of(scorecard.cycle)
    verdicts = {
        one["name"]: judged(scorecard.document, one, floors)
        for one in scorecard.document["candidates"]
    }
    if any(one["state"] in (Standing.MEETS, Standing.NO_FLOOR) for one in verdicts.values()):
        return []
    return [
        f"{name}: {Standing(one['state']).label.lower()}, {one['words']}"
        for name, one in verdicts.items()
    ]
