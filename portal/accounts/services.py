"""Granting and ending organisation roles, making and closing accounts."""

from django.contrib.sessions.models import Session
from django.db import transaction

from portal.accounts.models import OrganisationRole, Remit, RoleGrant, User
from portal.accounts.selectors import has_role
from portal.audit import services as audit
from portal.common.clock import now
from portal.common.errors import Conflict, Forbidden, Invalid


def _require_admin(actor: User | None) -> None:
    # None is the command line: whoever may run commands on the host is above the roles.
    if actor is not None and not has_role(actor, OrganisationRole.PLATFORM_ADMIN):
        raise Forbidden("Only a platform admin changes accounts.", code="role")


@transaction.atomic
def create_user(
    *,
    actor: User | None,
    email: str,
    display_name: str,
    password: str | None = None,
    job_title: str = "",
    is_service_account: bool = False,
) -> User:
    """Make an account. Raises Forbidden (role) or Conflict (not_unique)."""
    _require_admin(actor)
    if User.objects.filter(email=email.lower()).exists():
        raise Conflict(f"An account for {email} already exists.", code="not_unique")
    user = User.objects.create_user(
        email,
        password,
        display_name=display_name,
        job_title=job_title,
        is_service_account=is_service_account,
    )
    audit.record(actor=actor, action="user.created", kind="user", ref=str(user.pk))
    return user


@transaction.atomic
def grant_role(
    *, actor: User | None, user: User, role: OrganisationRole, remit: Remit | None = None
) -> RoleGrant:
    """Give ``user`` an organisation role, for a reviewer with its remit.

    Raises Forbidden (role, self_grant), Invalid (remit) or Conflict (already_granted).
    """
    _require_admin(actor)
    if actor is not None and actor.pk == user.pk:
        raise Forbidden("Nobody grants a role to themselves.", code="self_grant")
    if (role == OrganisationRole.REVIEWER) != (remit is not None):
        raise Invalid.field("remit", "invalid", "A reviewer has one remit; no other role has one.")
    found = RoleGrant.objects.filter(user=user, role=role, remit=remit or "", revoked_at=None)
    if found.exists():
        raise Conflict(f"{user} holds this role already.", code="already_granted")
    grant = RoleGrant.objects.create(
        user=user, role=role, remit=remit or "", granted_by=actor, granted_at=now()
    )
    audit.record(
        actor=actor,
        action="role.granted",
        kind="user",
        ref=str(user.pk),
        detail={"role": role, "remit": remit or ""},
    )
    return grant


@transaction.atomic
def revoke_role(*, actor: User | None, grant: RoleGrant) -> None:
    """End a role now. Raises Forbidden (role) or Conflict (already_revoked)."""
    _require_admin(actor)
    ended = RoleGrant.objects.filter(pk=grant.pk, revoked_at=None).update(
        revoked_at=now(), revoked_by=actor
    )
    if not ended:
        raise Conflict("This role was ended already.", code="already_revoked")
    audit.record(
        actor=actor,
        action="role.revoked",
        kind="user",
        ref=str(grant.user_id),
        detail={"role": grant.role, "remit": grant.remit},
    )


@transaction.atomic
def disable_user(*, actor: User | None, user: User) -> None:
    """Close an account and end its sessions. Raises Forbidden (role)."""
    _require_admin(actor)
    User.objects.filter(pk=user.pk).update(is_active=False)
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
    audit.record(actor=actor, action="user.disabled", kind="user", ref=str(user.pk))
