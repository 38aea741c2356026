"""What a scorecard says to criteria: bars on its figures, pairs with the baseline's results."""

from evaluations.scorecards.document.criteria import Side, kind_of, not_worse, point
from evaluations.scorecards.document.measures import measures_of
from evaluations.scorecards.loading import RunRows, rows_of
from evaluations.scorecards.models import Scorecard, WinnerChoice
from portal.common.errors import NotReady
from workloads.reviews.enums import Rule
from workloads.reviews.models import CriteriaSet, Criterion
from workloads.reviews.verdicts import Measurement


def cited_baseline(criteria: CriteriaSet) -> Scorecard:
    """Return the scorecard that the criteria were locked against. Raises NotReady."""
    cited = criteria.baseline
    found = Scorecard.objects.filter(
        workload=criteria.cycle.workload_id,
        number=int(cited.get("version", 0)),
        digest=cited.get("digest", ""),
    ).select_related("run__dataset_version__dataset")
    scorecard = found.first()
    if scorecard is None:
        raise NotReady("The baseline that the criteria were locked against is not there.")
    return scorecard


def measurements(
    criteria_set: CriteriaSet,
    criteria: list[Criterion],
    scorecard: Scorecard,
    found: RunRows,
    *,
    candidate: int,
) -> dict[int, Measurement]:
    """Return what one candidate of a scorecard measures for each criterion, by its id.

    ``found`` are the rows of the scorecard's run, ``candidate`` the place in its plan.
    """
    document = scorecard.document
    about = document["candidates"][candidate]
    paired = [one for one in criteria if one.rule == Rule.NOT_WORSE]
    base = cited_baseline(criteria_set) if paired else None
    base_rows = rows_of(base.run) if base is not None else None
    seen: dict[int, Measurement] = {}
    for one in criteria:
        advice = about["measures"].get(one.metric, {}).get("advisory")
        if one.rule == Rule.NOT_WORSE and base is not None and base_rows is not None and not advice:
            new = _side(found, candidate, one.metric)
            old = _side(base_rows, _winner_place(base, base_rows), one.metric)
            missing = Measurement(value=None, n=0)
            seen[one.pk] = not_worse(new, old, one.scope) if new and old else missing
        else:
            kind = kind_of(one.scope)
            figures = about["kinds"].get(kind, {}) if kind else about["measures"]
            seen[one.pk] = point(figures.get(one.metric))
    return seen


def _winner_place(base: Scorecard, found: RunRows) -> int | None:
    choice = WinnerChoice.objects.filter(scorecard=base).order_by("-number").first()
    aliases = [pin.alias for pin in found.plan.candidates]
    return aliases.index(choice.alias) if choice and choice.alias in aliases else None


def _side(found: RunRows, candidate: int | None, key: str) -> Side | None:
    plan = found.plan
    weights = {str(k): float(v) for k, v in plan.notes.get("weights", {}).items()}
    measure = next(
        (
            one
            for one in measures_of(plan.metrics, weights, plan.currency, plan.judges)
            if one.key == key
        ),
        None,
    )
    if measure is None or candidate is None:
        return None
    return Side(measure, found.revisions, found.examples, found.rows, candidate, plan.repeats)
