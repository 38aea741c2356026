"""Who may change the catalog."""

from catalog.models import CatalogEntry
from portal.accounts.models import OrganisationRole
from portal.accounts.selectors import AnyUser, has_role
from portal.common.errors import Forbidden


def can_manage(user: AnyUser) -> bool:
    """Whether ``user`` may synchronise, propose and decide: catalog managers."""
    return has_role(user, OrganisationRole.CATALOG_MANAGER)


def may_approve(user: AnyUser, entry: CatalogEntry) -> bool:
    """Whether ``user`` may approve this entry: a manager who did not write its card."""
    return can_manage(user) and (entry.proposed_by_id is None or entry.proposed_by_id != user.pk)


def require_manager(user: AnyUser) -> None:
    """Raise Forbidden (role) unless ``user`` is a catalog manager."""
    if not can_manage(user):
        raise Forbidden("Only a catalog manager changes the catalog.", code="role")


def require_approver(user: AnyUser, entry: CatalogEntry) -> None:
    """Raise Forbidden (role, self_approval) unless ``user`` may approve this entry."""
    require_manager(user)
    if not may_approve(user, entry):
        raise Forbidden(
            "You wrote this card; another catalog manager has to approve it.",
            code="self_approval",
        )
