"""What a person is to a workload, read from the rows at every question.

Stands below selectors and policies, which both ask it.
"""

from portal.accounts.models import OrganisationRole, RoleGrant, User
from portal.accounts.selectors import AnyUser
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.models import Membership, Workload

# Who sees every workload: those who may be asked to vote on any, and those who audit all.
SEES_EVERY_WORKLOAD = (OrganisationRole.REVIEWER, OrganisationRole.AUDITOR)


def sees_every_workload(user: AnyUser) -> bool:
    """Whether an organisation role of ``user`` shows them all workloads."""
    return (
        user.is_active
        and not user.is_anonymous
        and RoleGrant.objects.filter(
            user=user, role__in=SEES_EVERY_WORKLOAD, revoked_at=None
        ).exists()
    )


def role_in(user: AnyUser, workload: Workload) -> set[str]:
    """Return the roles of ``user`` in ``workload`` (values of MemberRole); empty for a stranger."""
    if not isinstance(user, User) or not user.is_active:
        return set()
    held = set(
        Membership.objects.filter(workload=workload, user=user, ended_at=None).values_list(
            "role", flat=True
        )
    )
    if workload.owner_id == user.pk:
        held.add(MemberRole.OWNER.value)
    return held
