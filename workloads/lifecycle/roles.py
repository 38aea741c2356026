"""What a person is to a workload, read from the rows at every question.

Stands below selectors and policies, which both ask it.
"""

from portal.accounts.models import OrganisationRole, User
from portal.accounts.selectors import AnyUser, grants_of
from portal.common.readonce import read_once
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.models import Cycle, Membership, Workload

# Who sees every workload: those who may be asked to vote on any, and those who audit all.
SEES_EVERY_WORKLOAD = (OrganisationRole.REVIEWER, OrganisationRole.AUDITOR)


def sees_every_workload(user: AnyUser) -> bool:
    """Whether an organisation role of ``user`` shows them all workloads."""
    return (
        user.is_active
        and not user.is_anonymous
        and isinstance(user, User)
        and any(grant.role in SEES_EVERY_WORKLOAD for grant in grants_of(user))
    )


@read_once
def standing_memberships(workload: Workload) -> list[Membership]:
    """Return who is what to the workload now, each with the person."""
    return list(Membership.objects.filter(workload=workload, ended_at=None).select_related("user"))


@read_once
def newest_cycle(workload: Workload) -> Cycle | None:
    """Return the workload's last cycle, the only one that can be open."""
    found = Cycle.objects.filter(workload=workload).order_by("-number").first()
    if found is not None:
        found.workload = workload
    return found


def role_in(user: AnyUser, workload: Workload) -> set[str]:
    """Return the roles of ``user`` in ``workload`` (values of MemberRole); empty for a stranger."""
    if not isinstance(user, User) or not user.is_active:
        return set()
    held = {one.role for one in standing_memberships(workload) if one.user_id == user.pk}
    if workload.owner_id == user.pk:
        held.add(MemberRole.OWNER.value)
    return held
