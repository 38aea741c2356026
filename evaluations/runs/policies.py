"""Who may steer a run, and when: asked by the pages; the services check the same again."""

from dataclasses import dataclass

from evaluations.runs.enums import DRIVABLE, RunState, Stop
from evaluations.runs.models import Run
from portal.accounts.selectors import AnyUser
from workloads.lifecycle.policies import can_edit


@dataclass(frozen=True, slots=True)
class Steering:
    """What a person may do with a run at this moment."""

    cancel: bool
    pause: bool
    resume: bool
    raise_budget: bool


def steering(user: AnyUser, run: Run) -> Steering:
    """Return what ``user`` may do with ``run`` as it stands."""
    mine = bool(can_edit(user, run.workload))
    under_way = run.state in DRIVABLE and run.stop != Stop.CANCEL
    resting = run.state in (RunState.PAUSED, RunState.BUDGET_STOPPED) and run.stop == Stop.NONE
    return Steering(
        cancel=mine and (under_way or resting),
        pause=mine and run.state in DRIVABLE and run.stop == Stop.NONE,
        resume=mine and run.state == RunState.PAUSED and run.stop == Stop.NONE,
        raise_budget=mine and (under_way or resting),
    )
