"""Publishing the scorecard of a run that is complete: once, whoever asks and however often."""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from evaluations.judges.models import Calibration
from evaluations.runs import services as runs
from evaluations.runs.enums import FINAL, RunPurpose, RunState
from evaluations.runs.judging.cases import RUN as JUDGED_RUN
from evaluations.runs.models import Run
from evaluations.scorecards.document import build
from evaluations.scorecards.loading import facts_of, rows_of
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.services.campaigns import SUBJECT, break_off, campaign_of, record
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.tasks import enqueue
from portal.shell.models import NotificationKind
from portal.shell.services import notify
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import CampaignState
from workloads.reviews.models import Campaign

log = structlog.get_logger(__name__)
TASK = "evaluations.scorecards.publish"


def publish(*, run_id: UUID) -> Scorecard | None:
    """Publish the scorecard of a complete run and return it; None for any other run.

    A run with judges is published when these have ended too. Publishing twice, or twice at once,
    gives one scorecard. The run of a campaign also reports its
    executions; one that ended otherwise breaks its campaign off.
    """
    run = (
        Run.objects.filter(pk=run_id)
        .select_related("workload", "dataset_version__dataset", "created_by")
        .first()
    )
    if run is None:
        return None
    if run.purpose == RunPurpose.JUDGING:
        return _judging_ended(run)
    if run.state != RunState.COMPLETE:
        if run.state in FINAL:
            break_off(run)
        return None
    published = Scorecard.objects.filter(run=run).first()
    if published is not None:
        return published
    # The judging is started here too; its end comes back to this place.
    return _publish(run) if runs.judging_settled(run=run) else None


def _judging_ended(run: Run) -> Scorecard | None:
    """Go on with what a judging run was for: the scorecard of its run, or a calibration."""
    runs.calibration_ended(run=run)
    subject = run.plan.get("subject") or {}
    return publish(run_id=UUID(subject["ref"])) if subject.get("kind") == JUDGED_RUN else None


@transaction.atomic
def _publish(run: Run) -> Scorecard:
    # Read before the lock is taken: a complete run does not change any more.
    found = rows_of(run)
    workload = lifecycle.locked_workload(run.workload_id)
    published = Scorecard.objects.filter(run=run).first()
    if published is not None:
        return published
    run.workload = workload
    campaign = campaign_of(run)
    cycle = campaign.cycle if campaign is not None else _cycle_of(run)
    last = Scorecard.objects.filter(workload=workload).aggregate(m=Max("number"))["m"] or 0
    facts = facts_of(run, cycle, last + 1, found.judges)
    document = build(found.plan, facts, found.examples, found.rows)
    scorecard = Scorecard.objects.create(
        workload=workload,
        cycle=cycle,
        number=last + 1,
        run=run,
        purpose=run.purpose,
        document=document,
        digest=digest(document),
        created_by=run.created_by,
    )
    audit.record(
        actor=None,
        action="scorecard.published",
        kind="scorecard",
        ref=f"{workload.ref}/{scorecard.number}",
        workload=workload.ref,
        detail={"run": run.number, "digest": scorecard.digest, "purpose": run.purpose},
    )
    _tell(run, scorecard)
    if campaign is not None:
        record(campaign, scorecard, found)
    elif run.purpose == RunPurpose.BASELINE:
        lifecycle.evidence_changed(
            actor=None,
            cycle=cycle,
            change="scorecard.published",
            detail=f"scorecard {scorecard.number} was published",
            origin="evaluation",
        )
    return scorecard


def _tell(run: Run, scorecard: Scorecard) -> None:
    """Tell who started the run that what they waited for is there."""
    if run.created_by is None:
        return
    ref, name = run.workload.ref, run.workload.name
    in_campaign = run.purpose == RunPurpose.CAMPAIGN
    notify(
        user=run.created_by,
        text=f"{name}: run {run.number} of the go/no-go campaign is complete."
        if in_campaign
        else f"{name}: run {run.number} is complete, scorecard {scorecard.number} is published.",
        link=reverse("reviews:go_no_go", args=[ref])
        if in_campaign
        else reverse("scorecards:scorecard", args=[ref, scorecard.number]),
        kind=NotificationKind.DONE,
    )


def _cycle_of(run: Run) -> Cycle:
    """The cycle that was open when the run was started."""
    number = run.plan.get("notes", {}).get("cycle")
    cycles = Cycle.objects.filter(workload=run.workload_id).order_by("-number")
    named = cycles.filter(number=number).first() if isinstance(number, int) else None
    found = named or cycles.filter(created_at__lte=run.created_at).first() or cycles.get(number=1)
    found.workload = run.workload
    return found


def publish_missing() -> int:
    """Ask again for what a lost message left out; return how much that was.

    Complete runs without a scorecard, calibrations whose judge has answered, and campaigns that
    still wait for a run that has ended.
    """
    waiting = set(
        Run.objects.filter(state=RunState.COMPLETE, scorecard=None)
        .exclude(purpose=RunPurpose.JUDGING)
        .values_list("pk", flat=True)
    )
    open_calibrations = Calibration.objects.filter(finished_at=None).exclude(run_ref="")
    ended_judging = Run.objects.filter(
        pk__in=list(open_calibrations.values_list("run_ref", flat=True)), state__in=FINAL
    )
    waiting |= set(ended_judging.values_list("pk", flat=True))
    for campaign in Campaign.objects.filter(state=CampaignState.TESTING):
        cited = [one.get("ref") for one in campaign.runs.values() if one.get("kind") == "run"]
        ended = Run.objects.filter(pk__in=cited, state__in=FINAL, plan__subject__kind=SUBJECT)
        waiting |= set(ended.values_list("pk", flat=True))
    for run_id in sorted(waiting, key=str):
        log.info("scorecard_asked_for_again", run=str(run_id))
        enqueue(TASK, run_id=str(run_id))
    return len(waiting)
