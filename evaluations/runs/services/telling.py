"""Telling whoever started a run how it ended, in the transaction in which it ends.

A complete run is told of when its scorecard is published, since that is what was waited for.
"""

from django.urls import reverse

from evaluations.judges.models import Calibration
from evaluations.runs.enums import RunPurpose, RunState
from evaluations.runs.judging.cases import CALIBRATION, PAIRS, PAIRS_CHECKED
from evaluations.runs.models import Run
from portal.accounts.models import User
from portal.shell.models import NotificationKind
from portal.shell.services import notify

_TWO = ("first", "second")
_KINDS = {
    RunState.PARTIAL: NotificationKind.STOPPED,
    RunState.BUDGET_STOPPED: NotificationKind.STOPPED,
    RunState.FAILED: NotificationKind.FAILED,
    RunState.PAUSED: NotificationKind.STOPPED,
}
_WORDS = {
    RunState.PARTIAL: "ended without all its results",
    RunState.BUDGET_STOPPED: "stopped at its budget; raise its cap to go on",
    RunState.FAILED: "failed",
    RunState.PAUSED: "is paused",
}


def tell_of_the_end(run: Run) -> None:
    """Tell who started ``run`` that it failed, ended early or waits for money or for room."""
    if run.created_by is None:
        return
    state = RunState(run.state)
    if state == RunState.COMPLETE:
        _tell_of_a_calibration(run, run.created_by)
        _tell_of_a_comparison(run, run.created_by)
    if state not in _WORDS or (state == RunState.PAUSED and run.reason_code == "paused"):
        return
    reason = f": {run.reason}" if run.reason and state != RunState.BUDGET_STOPPED else "."
    notify(
        user=run.created_by,
        text=f"{run.workload.name}: {_named(run)} {_WORDS[state]}{reason}",
        link=_page(run),
        kind=_KINDS[state],
    )


def tell_of_cancelling(run: Run, by: User) -> None:
    """Tell who started ``run`` that somebody else cancels it."""
    if run.created_by is None or run.created_by == by:
        return
    notify(
        user=run.created_by,
        text=f"{run.workload.name}: {_named(run)} was cancelled by {by}.",
        link=_page(run),
        kind=NotificationKind.STOPPED,
    )


def _tell_of_a_calibration(run: Run, starter: User) -> None:
    subject = run.plan.get("subject") or {}
    if run.purpose != RunPurpose.JUDGING or subject.get("kind") != CALIBRATION:
        return
    found = Calibration.objects.select_related("version__judge").get(pk=subject["ref"])
    name, number = found.version.judge.name, found.version.number
    notify(
        user=starter,
        text=f"{run.workload.name}: version {number} of the judge {name} has judged its labelled"
        " examples. See how far it agrees with people.",
        link=reverse("judges:version", args=[run.workload.ref, name, number]),
        kind=NotificationKind.DONE,
    )


def _tell_of_a_comparison(run: Run, starter: User) -> None:
    subject = run.plan.get("subject") or {}
    if subject.get("kind") != PAIRS:
        return
    judged = Run.objects.get(pk=subject["ref"])
    names = [judged.plan["candidates"][run.plan["notes"][one]]["name"] for one in _TWO]
    notify(
        user=starter,
        text=f"{run.workload.name}: {run.plan['notes']['judge']} has compared the answers of"
        f" {names[0]} and {names[1]}.",
        link=reverse("scorecards:pair", args=[run.workload.ref, run.pk]),
        kind=NotificationKind.DONE,
    )


def _named(run: Run) -> str:
    """The run, and for one that judges also what waits for it."""
    if run.purpose != RunPurpose.JUDGING:
        return f"run {run.number}"
    subject, judge = run.plan.get("subject") or {}, run.plan["notes"]["judge"]
    if subject.get("kind") in (PAIRS, PAIRS_CHECKED):
        compared = Run.objects.get(pk=subject["ref"])
        if subject["kind"] == PAIRS:
            return f"run {run.number}, in which {judge} compares answers of run {compared.number},"
        return f"run {run.number}, in which {judge} is checked for run {compared.number},"
    if subject.get("kind") == CALIBRATION:
        return f"run {run.number}, the calibration of the judge {judge},"
    judged = Run.objects.get(pk=subject["ref"])
    return f"run {run.number}, in which {judge} judges run {judged.number},"


def _page(run: Run) -> str:
    return reverse("runs:run", args=[run.workload.ref, run.pk])
