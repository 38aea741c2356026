"""Who is what to a workload."""

from django.db import transaction

from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid
from workloads.lifecycle.enums import MemberRole
from workloads.lifecycle.models import Membership, Workload
from workloads.lifecycle.policies import require
from workloads.lifecycle.services.locks import locked_workload


@transaction.atomic
def add_member(*, actor: User, workload: Workload, user: User, role: str) -> Membership:
    """Give ``user`` a role in the workload; an owner decides.

    Raises Forbidden (role, self_grant), Invalid (role, user) or Conflict (already_member).
    """
    workload = locked_workload(workload.pk)
    require(actor, workload, "own")
    if role not in MemberRole.values:
        names = ", ".join(MemberRole.values)
        raise Invalid.field("role", "choice", f"Choose one of: {names}.")
    if actor.pk == user.pk:
        raise Forbidden("Nobody grants a role to themselves.", code="self_grant")
    if not user.is_active or user.is_service_account:
        raise Invalid.field("email", "inactive", "Only a person with an active account can join.")
    standing = Membership.objects.filter(workload=workload, user=user, role=role, ended_at=None)
    if standing.exists():
        label = MemberRole(role).label.lower()
        raise Conflict(f"{user} is {label} of this workload already.", code="already_member")
    membership = Membership.objects.create(
        workload=workload, user=user, role=role, created_by=actor, updated_by=actor
    )
    _record(actor, membership, "member.added")
    return membership


@transaction.atomic
def end_membership(*, actor: User, membership: Membership) -> Membership:
    """End a role now; what the person did stays.

    Raises Forbidden (role) or Conflict (already_ended, last_owner: the accountable owner stays).
    """
    workload = locked_workload(membership.workload_id)
    require(actor, workload, "own")
    found = Membership.objects.select_related("user").get(pk=membership.pk)
    found.workload = workload
    if found.ended_at is not None:
        raise Conflict("This role was ended already.", code="already_ended")
    if found.role == MemberRole.OWNER and found.user_id == workload.owner_id:
        raise Conflict("The accountable owner stays with the workload.", code="last_owner")
    found.ended_at, found.updated_by = now(), actor
    found.save(update_fields=("ended_at", "updated_by", "updated_at"))
    _record(actor, found, "member.ended")
    return found


def _record(actor: User, membership: Membership, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="membership",
        ref=str(membership.pk),
        workload=membership.workload.ref,
        detail={
            "user": str(membership.user_id),
            "name": str(membership.user),
            "role": membership.role,
        },
    )
