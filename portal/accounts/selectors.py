"""Who holds which organisation role, read from the database at every question."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import OrganisationRole, RoleGrant, User

AnyUser = User | AnonymousUser


def has_role(user: AnyUser, role: OrganisationRole) -> bool:
    """Whether ``user`` is active and holds ``role`` now."""
    return (
        user.is_active
        and not user.is_anonymous
        and RoleGrant.objects.filter(user=user, role=role, revoked_at=None).exists()
    )


def remits_of(user: AnyUser, *, granted_before: datetime | None = None) -> frozenset[str]:
    """Return the remits that ``user`` reviews for now.

    With ``granted_before``: only grants older than that moment, since a role granted after a
    review was requested does not count for it.
    """
    if not user.is_active or user.is_anonymous or user.is_service_account:
        return frozenset()
    grants = RoleGrant.objects.filter(user=user, role=OrganisationRole.REVIEWER, revoked_at=None)
    if granted_before is not None:
        grants = grants.filter(granted_at__lte=granted_before)
    return frozenset(grants.values_list("remit", flat=True))


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
    grants = RoleGrant.objects.filter(user=user, revoked_at=None)
    names = [f"{OrganisationRole(g.role).label}{f', {g.remit}' if g.remit else ''}" for g in grants]
    return " · ".join(names) or "Member"
