"""Who may stop calls, and who may give out and end tokens.

What makes a build (a part of the open cycle) asks `lifecycle.policies`. What protects a workload
that is live, when no cycle is open, is asked here: it depends on the role alone.
"""

from portal.accounts.selectors import AnyUser
from workloads.builds.models import AccessToken, TokenScope
from workloads.lifecycle.models import Workload
from workloads.lifecycle.policies import EDITORS, Verdict, can_edit, can_own
from workloads.lifecycle.roles import role_in


def can_switch(user: AnyUser, workload: Workload) -> Verdict:
    """Whether ``user`` may stop or allow the workload's calls: its owner and contributors."""
    if role_in(user, workload) & EDITORS:
        return Verdict(True)
    return Verdict(False, "role", "The owner and the contributors of this workload can do this.")


def can_issue_token(user: AnyUser, workload: Workload, scope: str) -> Verdict:
    """Whether ``user`` may make a token: the owner for what is live, editors for staging."""
    return can_own(user, workload) if scope == TokenScope.LIVE else can_edit(user, workload)


def can_end_token(user: AnyUser, token: AccessToken) -> Verdict:
    """Whether ``user`` may end ``token``: the owner a live one, the team a staging one."""
    if token.scope == TokenScope.LIVE:
        return can_own(user, token.workload)
    return can_switch(user, token.workload)
