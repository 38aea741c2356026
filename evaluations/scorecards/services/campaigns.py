"""Phase 7's evaluation: the golden dataset against the build, and what it says to each criterion."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from evaluations.datasets.models import DatasetVersion
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan, Subject
from evaluations.runs.planning import build_candidate, estimate, make_plan
from evaluations.scorecards.document.criteria import Side, kind_of, not_worse, point
from evaluations.scorecards.document.measures import measures_of
from evaluations.scorecards.loading import RunRows, rows_of
from evaluations.scorecards.models import Scorecard, WinnerChoice
from portal.accounts.models import User
from portal.common.errors import NotReady
from portal.common.policy import policy
from workloads.reviews import services as reviews
from workloads.reviews.enums import CampaignState, Category, Rule
from workloads.reviews.models import Campaign, CriteriaSet, Criterion
from workloads.reviews.services import Seen
from workloads.reviews.verdicts import Measurement

SUBJECT = "campaign"
# Room for a retry or two beyond the worst case of every call; free models still need a cap.
HEADROOM, SMALLEST_CAP = Decimal("1.25"), Decimal("0.01")


def start_campaign_run(actor: User, campaign: Campaign) -> Mapping[str, Any]:
    """Start the run of a campaign's build on the dataset that the criteria were locked on.

    The executor of evaluation criteria: same metrics, repeats and seed as the baseline. Returns a
    reference to the run. Raises NotReady, or what `runs.services.start_run` raises.
    """
    workload = campaign.cycle.workload
    version = _dataset(campaign.criteria_set)
    baseline = _baseline(campaign.criteria_set)
    before = RunPlan.from_json(baseline.run.plan)
    notes = {name: before.notes[name] for name in ("floors", "limits") if name in before.notes}
    plan = make_plan(
        version=version,
        candidates=[build_candidate(campaign.build)],
        metrics=before.metrics,
        cap=SMALLEST_CAP,
        purpose=RunPurpose.CAMPAIGN,
        concurrency=settings.RUN_CONCURRENCY,
        repeats=before.repeats,
        seed=before.seed,
        timeout_seconds=before.timeout_seconds,
        subject=Subject(SUBJECT, str(campaign.pk)),
        notes={**notes, "prompt": {"number": campaign.build.prompt_version.number}},
    )
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    wanted = (estimate(plan).worst_case * HEADROOM).quantize(SMALLEST_CAP) + SMALLEST_CAP
    raw = {**plan.as_json(), "cap": str(min(most, wanted))}
    run = runs.start_run(actor=actor, workload=workload, plan=RunPlan.from_json(raw))
    return {"kind": "run", "ref": str(run.pk), "version": str(run.number), "digest": run.digest}


def _dataset(criteria: CriteriaSet) -> DatasetVersion:
    cited = criteria.dataset
    found = DatasetVersion.objects.filter(
        dataset__workload=criteria.cycle.workload_id,
        dataset__ref=cited.get("ref", ""),
        number=int(cited.get("version", 0)),
        digest=cited.get("digest", ""),
    ).select_related("dataset")
    version = found.first()
    if version is None:
        raise NotReady("The dataset that the criteria were locked on is not there as it was.")
    return version


def _baseline(criteria: CriteriaSet) -> Scorecard:
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


def campaign_of(run: Run) -> Campaign | None:
    """Return the campaign that the run is made for, or None."""
    subject = run.plan.get("subject")
    if not subject or subject["kind"] != SUBJECT:
        return None
    return (
        Campaign.objects.filter(pk=subject["ref"])
        .select_related("cycle__workload", "criteria_set__cycle", "build")
        .first()
    )


def record(campaign: Campaign, scorecard: Scorecard, found: RunRows) -> None:
    """Tell phase 7 what its campaign's run measured. Does nothing when the campaign is over."""
    if campaign.state != CampaignState.TESTING:
        return
    evidence = {
        "kind": "scorecard",
        "ref": scorecard.workload.ref,
        "version": str(scorecard.number),
        "digest": scorecard.digest,
    }
    criteria = campaign.criteria_set.criteria.filter(category=Category.EVALUATION)
    measured = measurements(campaign.criteria_set, list(criteria), scorecard, found, candidate=0)
    reviews.record_executions(
        campaign=campaign,
        seen=[Seen(pk, measurement, evidence) for pk, measurement in measured.items()],
    )


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
    base = _baseline(criteria_set) if paired else None
    base_rows = rows_of(base.run) if base is not None else None
    seen: dict[int, Measurement] = {}
    for one in criteria:
        if one.rule == Rule.NOT_WORSE and base is not None and base_rows is not None:
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
        (one for one in measures_of(plan.metrics, weights, plan.currency) if one.key == key), None
    )
    if measure is None or candidate is None:
        return None
    return Side(measure, found.revisions, found.examples, found.rows, candidate, plan.repeats)


def break_off(run: Run) -> None:
    """Tell phase 7 that the run of its campaign ended without a verdict."""
    campaign = campaign_of(run)
    if campaign is not None:
        words = run.reason or run.get_state_display().lower()
        reviews.break_off_campaign(campaign=campaign, reason=f"run {run.number}: {words}")
