"""Publishing the scorecard of a run that is complete: once, whoever asks and however often."""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Max

from evaluations.runs.enums import FINAL, RunPurpose, RunState
from evaluations.runs.models import Run
from evaluations.scorecards.document import build
from evaluations.scorecards.loading import facts_of, rows_of
from evaluations.scorecards.models import Scorecard
from evaluations.scorecards.services.campaigns import SUBJECT, break_off, campaign_of, record
from portal.audit import services as audit
from portal.common.canonical import digest
from portal.common.tasks import enqueue
from workloads.lifecycle import services as lifecycle
from workloads.lifecycle.models import Cycle
from workloads.reviews.enums import CampaignState
from workloads.reviews.models import Campaign

log = structlog.get_logger(__name__)
TASK = "evaluations.scorecards.publish"


def publish(*, run_id: UUID) -> Scorecard | None:
    """Publish the scorecard of a complete run and return it; None for any other run.

    Publishing twice, or twice at once, gives one scorecard. The run of a campaign also reports its
    executions; one that ended otherwise breaks its campaign off.
    """
    run = (
        Run.objects.filter(pk=run_id)
        .select_related("workload", "dataset_version__dataset", "created_by")
        .first()
    )
    if run is None:
        return None
    if run.state != RunState.COMPLETE:
        if run.state in FINAL:
            break_off(run)
        return None
    published = Scorecard.objects.filter(run=run).first()
    return published or _publish(run)


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
    facts = facts_of(run, cycle, last + 1)
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

    Complete runs without a scorecard, and campaigns that still wait for a run that has ended.
    """
    waiting = set(
        Run.objects.filter(state=RunState.COMPLETE, scorecard=None).values_list("pk", flat=True)
    )
    for campaign in Campaign.objects.filter(state=CampaignState.TESTING):
        runs = [one.get("ref") for one in campaign.runs.values() if one.get("kind") == "run"]
        ended = Run.objects.filter(pk__in=runs, state__in=FINAL, plan__subject__kind=SUBJECT)
        waiting |= set(ended.values_list("pk", flat=True))
    for run_id in sorted(waiting, key=str):
        log.info("scorecard_asked_for_again", run=str(run_id))
        enqueue(TASK, run_id=str(run_id))
    return len(waiting)
