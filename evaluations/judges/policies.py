"""Who may shape judges, and who may label for them."""

from evaluations.judges.enums import Standing
from portal.accounts.models import User
from portal.accounts.selectors import AnyUser, remits_of
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import ALLOWED, Verdict, can_edit, can_view


def can_label(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may say what is right: who works on the workload, and its reviewers."""
    mine = can_edit(user, workload)
    if mine:
        return ALLOWED
    if isinstance(user, User) and remits_of(user) and can_view(user, workload):
        return ALLOWED
    return mine


def decides(standing: Standing) -> bool:
    """Whether a judge of this standing may decide a gate; every other one is advisory."""
    return standing is Standing.USABLE
