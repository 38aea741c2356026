"""Phase 7's evaluation: the golden dataset against the build, and what was measured."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evaluations.datasets.models import DatasetVersion
from evaluations.judges.models import JudgeVersion
from evaluations.runs import services as runs
from evaluations.runs.enums import RunPurpose
from evaluations.runs.models import Run
from evaluations.runs.plan import RunPlan, Subject
from evaluations.runs.planning import build_candidate, estimate, make_plan
from evaluations.scorecards.loading import RunRows
from evaluations.scorecards.measuring import cited_baseline, measurements
from evaluations.scorecards.models import Scorecard
from portal.accounts.models import User
from portal.common.errors import NotReady
from portal.common.policy import policy
from workloads.reviews import services as reviews
from workloads.reviews.enums import CampaignState, Category
from workloads.reviews.models import Campaign, CriteriaSet
from workloads.reviews.services import Seen

SUBJECT = "campaign"
# Room for a retry or two beyond the worst case of every call; free models still need a cap.
HEADROOM, SMALLEST_CAP = Decimal("1.25"), Decimal("0.01")


def start_campaign_run(actor: User, campaign: Campaign) -> Mapping[str, Any]:
    """Start the run of a campaign's build on the dataset that the criteria were locked on.

    The executor of evaluation criteria: same metrics, repeats, seed and calls at once as the
    baseline. Returns a reference to the run. Raises NotReady, or what `runs.services.start_run`
    raises.
    """
    workload = campaign.cycle.workload
    version = _dataset(campaign.criteria_set)
    baseline = cited_baseline(campaign.criteria_set)
    before = RunPlan.from_json(baseline.run.plan)
    notes = {name: before.notes[name] for name in ("floors", "limits") if name in before.notes}
    plan = make_plan(
        version=version,
        candidates=[build_candidate(campaign.build)],
        metrics=before.metrics,
        cap=SMALLEST_CAP,
        purpose=RunPurpose.CAMPAIGN,
        # As the baseline was measured: who stood two calls at once may not stand thirty.
        concurrency=before.concurrency,
        repeats=before.repeats,
        seed=before.seed,
        timeout_seconds=before.timeout_seconds,
        subject=Subject(SUBJECT, str(campaign.pk)),
        notes={**notes, "prompt": {"number": campaign.build.prompt_version.number}},
    )
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    wanted = (estimate(plan).worst_case * HEADROOM).quantize(SMALLEST_CAP) + SMALLEST_CAP
    raw = {**plan.as_json(), "cap": str(min(most, wanted))}
    if before.judges:
        versions = JudgeVersion.objects.filter(
            pk__in=[pin.version_id for pin in before.judges]
        ).select_related("judge__workload", "entry", "calibration_set")
        cap = sum((pin.cap + pin.checks_cap for pin in before.judges), Decimal(0))
        pins = runs.pin_judges(
            actor=actor, workload=workload, versions=list(versions), cap=min(most, cap)
        )
        raw = replace(plan, judges=pins, cap=min(most, wanted)).as_json()
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


def break_off(run: Run) -> None:
    """Tell phase 7 that the run of its campaign ended without a verdict."""
    campaign = campaign_of(run)
    if campaign is not None:
        words = run.reason or run.get_state_display().lower()
        reviews.break_off_campaign(campaign=campaign, reason=f"run {run.number}: {words}")
