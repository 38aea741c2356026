"""Who holds which organisation role, read from the database at every question."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import OrganisationRole, RoleGrant, User
from portal.common.readonce import read_once

AnyUser = User | AnonymousUser


@read_once
def grants_of(user: User) -> list[RoleGrant]:
    """Return the standing grants of ``user``, oldest first."""
    return list(RoleGrant.objects.filter(user=user, revoked_at=None).order_by("granted_at"))


def has_role(user: AnyUser, role: OrganisationRole) -> bool:
    """Whether ``user`` is active and holds ``role`` now."""
    return (
        user.is_active
        and not user.is_anonymous
        and isinstance(user, User)
        and any(grant.role == role for grant in grants_of(user))
    )


def remits_of(user: AnyUser, *, granted_before: datetime | None = None) -> frozenset[str]:
    """Return the remits that ``user`` reviews for now.

    With ``granted_before``: only grants older than that moment, since a role granted after a
    review was requested does not count for it.
    """
    if not user.is_active or user.is_anonymous or user.is_service_account:
        return frozenset()
    return frozenset(
        grant.remit
        for grant in grants_of(user)
        if grant.role == OrganisationRole.REVIEWER
        and (granted_before is None or grant.granted_at <= granted_before)
    )


def reviewers_by_remit(*, granted_before: datetime | None = None) -> dict[str, set[UUID]]:
    """Return the active people who may vote, by remit (service accounts never vote)."""
    grants = RoleGrant.objects.filter(
        role=OrganisationRole.REVIEWER,
        revoked_at=None,
        user__is_active=True,
        user__is_service_account=False,
    )
    if granted_before is not None:
        grants = grants.filter(granted_at__lte=granted_before)
    found: dict[str, set[UUID]] = {}
    for user_id, remit in grants.values_list("user_id", "remit"):
        found.setdefault(remit, set()).add(user_id)
    return found


def people(ids: Iterable[UUID]) -> list[User]:
    """Return the users of ``ids`` in order of name."""
    return list(User.objects.filter(pk__in=list(ids)))


def role_label(user: AnyUser) -> str:
    """Return a short line of what ``user`` is, for the top bar."""
    if user.is_anonymous:
        return ""
    if user.job_title:
        return user.job_title
    names = [
        f"{OrganisationRole(g.role).label}{f', {g.remit}' if g.remit else ''}"
        for g in grants_of(user)
    ]
    return " · ".join(names) or "Member"
