"""Who may try prompts, and who may end a trial: asked by pages; the services check it again."""

from evaluations.playground.enums import ACTIVE
from evaluations.playground.models import Trial
from portal.accounts.selectors import AnyUser
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import Verdict, can_edit


def can_try(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may start a trial, which spends money: owner and contributors."""
    return can_edit(user, workload)


def can_cancel(user: AnyUser, trial: Trial) -> bool:
    """Whether ``user`` may end ``trial`` as it stands."""
    return trial.state in ACTIVE and not trial.cancel_asked and bool(can_edit(user, trial.workload))
