"""The end of a trial, by whichever way."""

from uuid import UUID

from django.db import transaction

from evaluations.playground import ledger
from evaluations.playground.enums import ACTIVE, CellState, TrialState
from evaluations.playground.models import Trial, TrialCell
from evaluations.runs.hands import new_owner
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict
from portal.common.money import from_micro
from workloads.lifecycle.policies import require

# Long enough for the one UPDATE that follows.
_SECONDS = 30.0


def _record(actor: User | None, trial: Trial, action: str, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="trial",
        ref=str(trial.pk),
        workload=trial.workload.ref,
        detail={"number": trial.number, **detail},
    )


@transaction.atomic
def cancel_trial(*, actor: User, trial: Trial) -> Trial:
    """End a trial. No new call is made; calls in flight end, and their answers are kept.

    Raises Forbidden, or Conflict (not_running) for a trial that ended or is being cancelled.
    """
    require(actor, trial.workload, "edit")
    if not Trial.objects.filter(pk=trial.pk, state__in=ACTIVE, cancel_asked=False).update(
        cancel_asked=True
    ):
        raise Conflict("This trial has ended or is being cancelled already.", code="not_running")
    _record(actor, trial, "trial.cancel_asked")
    # With no worker at it there is nothing to wait for.
    owner = new_owner()
    if ledger.take(trial_id=trial.pk, owner=owner, seconds=_SECONDS) is not None:
        close_trial(trial_id=trial.pk, owner=owner)
    trial.refresh_from_db()
    return trial


@transaction.atomic
def close_trial(*, trial_id: UUID, owner: str, out_of_money: bool = False) -> Trial | None:
    """End the trial that ``owner`` works on; None when cells are left that should still be asked.

    ``out_of_money``: the cap had no room for another call.
    """
    trial = (
        Trial.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workload")
        .filter(pk=trial_id, owner=owner, state=TrialState.RUNNING)
        .first()
    )
    if trial is None:
        return None
    left = TrialCell.objects.filter(trial=trial, state=CellState.WAITING)
    if not left.exists():
        state, reason = TrialState.COMPLETE, ""
    elif trial.cancel_asked:
        state, reason = TrialState.CANCELLED, "Cancelled; answers that were there are kept."
    elif out_of_money:
        state = TrialState.CAP_REACHED
        reason = "The next call could have cost more than the cap leaves."
    else:
        return None
    left.update(state=CellState.SKIPPED)
    return _end(trial, state, reason)


@transaction.atomic
def fail_trial(*, trial_id: UUID, owner: str, reason: str) -> Trial | None:
    """End a trial that cannot be worked on; None when it is not ``owner``'s any more."""
    trial = (
        Trial.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workload")
        .filter(pk=trial_id, owner=owner, state=TrialState.RUNNING)
        .first()
    )
    if trial is None:
        return None
    TrialCell.objects.filter(trial=trial, state__in=(CellState.WAITING, CellState.CALLING)).update(
        state=CellState.SKIPPED
    )
    return _end(trial, TrialState.FAILED, reason[:400])


def _end(trial: Trial, state: TrialState, reason: str) -> Trial:
    trial.state, trial.reason = state, reason
    # What is still reserved may have been billed: only a failure leaves anything here.
    trial.spent_micro += trial.reserved_micro
    trial.reserved_micro = 0
    trial.owner, trial.alive_until, trial.finished_at = "", None, now()
    trial.save(
        update_fields=(
            "state", "reason", "spent_micro", "reserved_micro", "owner", "alive_until",
            "finished_at", "updated_at",
        )
    )  # fmt: skip
    cost = from_micro(trial.spent_micro + trial.overrun_micro)
    _record(None, trial, f"trial.{state.value}", cost=cost)
    return trial
