"""Who may declare metrics: asked by the pages and enforced by the services."""

from portal.accounts.models import OrganisationRole
from portal.accounts.selectors import AnyUser, has_role
from portal.common.errors import Forbidden


def can_declare(user: AnyUser) -> bool:
    """Whether ``user`` may declare and retire metrics: platform admins.

    They decide nothing about a workload, so nobody makes the ruler for their own work.
    """
    return has_role(user, OrganisationRole.PLATFORM_ADMIN)


def require_declare(user: AnyUser) -> None:
    """Raise Forbidden (role) unless ``user`` may declare metrics."""
    if not can_declare(user):
        raise Forbidden("Only a platform admin declares a metric.", code="role")
