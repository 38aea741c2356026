"""Cancelling, pausing, resuming a run, and giving it more money."""

from decimal import Decimal

from django.db import transaction

from evaluations.runs.enums import DRIVABLE, RunState, Stop
from evaluations.runs.models import Run
from evaluations.runs.services.ending import close_run
from evaluations.runs.services.nudges import nudge
from evaluations.runs.services.telling import tell_of_cancelling
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.errors import Conflict, Invalid
from portal.common.money import from_micro, to_micro
from portal.common.policy import policy
from workloads.lifecycle.policies import require


def _record(actor: User, run: Run, action: str, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="run",
        ref=str(run.pk),
        workload=run.workload.ref,
        detail={"number": run.number, **detail},
    )


@transaction.atomic
def cancel_run(*, actor: User, run: Run) -> Run:
    """Stop a run for good. No new call is made; what is in flight ends and its cost is kept.

    Raises Forbidden, or Conflict (not_running) for a run that ended or is being cancelled.
    """
    require(actor, run.workload, "edit")
    asked = (
        Run.objects.filter(
            pk=run.pk, state__in=(*DRIVABLE, RunState.PAUSED, RunState.BUDGET_STOPPED)
        )
        .exclude(stop=Stop.CANCEL)
        .update(stop=Stop.CANCEL)
    )
    if not asked:
        raise Conflict("This run has ended or is being cancelled already.", code="not_running")
    _record(actor, run, "run.cancel_asked")
    tell_of_cancelling(run, by=actor)
    # With no driver at work there is nothing to wait for.
    close_run(run_id=run.pk)
    run.refresh_from_db()
    return run


@transaction.atomic
def pause_run(*, actor: User, run: Run) -> Run:
    """Stop a run for a while; `resume_run` goes on with what is left. Raises Conflict."""
    require(actor, run.workload, "edit")
    if not Run.objects.filter(pk=run.pk, state__in=DRIVABLE, stop=Stop.NONE).update(
        stop=Stop.PAUSE
    ):
        raise Conflict("Only a run that is under way can be paused.", code="not_running")
    _record(actor, run, "run.pause_asked")
    close_run(run_id=run.pk)
    run.refresh_from_db()
    return run


@transaction.atomic
def resume_run(*, actor: User, run: Run) -> Run:
    """Go on with a paused run. Nothing that has a result is asked again. Raises Conflict."""
    require(actor, run.workload, "edit")
    if not Run.objects.filter(pk=run.pk, state=RunState.PAUSED, stop=Stop.NONE).update(
        state=RunState.RUNNING, reason_code="", reason=""
    ):
        raise Conflict("Only a paused run can be resumed.", code="not_paused")
    _record(actor, run, "run.resumed")
    nudge(run)
    run.refresh_from_db()
    return run


@transaction.atomic
def raise_budget(*, actor: User, run: Run, cap: Decimal) -> Run:
    """Set a higher cap; a run that stopped at its budget goes on with the rest.

    The plan stays as it was sealed: the cap decides how far a run gets, not what is measured.
    Raises Invalid (cap) or Conflict (not_running).
    """
    require(actor, run.workload, "edit")
    most = Decimal(str(policy().number("evaluation", "run_cap_max")))
    if not cap.is_finite() or not 0 < cap <= most or to_micro(cap) <= run.cap_micro:
        raise Invalid.field(
            "cap",
            "out_of_range",
            f"The new cap is above {from_micro(run.cap_micro).normalize():f} and at most {most}.",
        )
    micro = to_micro(cap)
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.state not in (*DRIVABLE, RunState.PAUSED, RunState.BUDGET_STOPPED) or (
        locked.stop == Stop.CANCEL or micro <= locked.cap_micro
    ):
        raise Conflict("This run has ended; its budget cannot be raised.", code="not_running")
    stopped = locked.state == RunState.BUDGET_STOPPED or locked.stop == Stop.BUDGET
    Run.objects.filter(pk=run.pk).update(cap_micro=micro)
    if stopped:
        Run.objects.filter(pk=run.pk).update(
            state=RunState.RUNNING,
            stop=Stop.NONE,
            reason_code="",
            reason="",
            finished_at=None,
            done_count=0,
            error_count=0,
            skipped_count=0,
        )
    _record(actor, run, "run.budget_raised", cap=cap, was=from_micro(locked.cap_micro))
    if stopped:
        nudge(run)
    run.refresh_from_db()
    return run
