"""People as tests need them, made by the services that make them in the portal."""

import itertools

from portal.accounts import services
from portal.accounts.models import OrganisationRole, Remit, User

_numbers = itertools.count(1)


def person(name: str = "Person", *, password: str | None = None) -> User:
    """Return an active account without any role."""
    number = next(_numbers)
    slug = "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "person"
    return services.create_user(
        actor=None,
        email=f"{slug}.{number}@example.com",
        display_name=f"{name} {number}",
        password=password,
    )


def reviewer(*remits: str, name: str = "") -> User:
    """Return a reviewer with these remits."""
    user = person(name or f"Reviewer {' '.join(remits)}")
    for remit in remits:
        grant(user, remit)
    return user


def grant(user: User, remit: str) -> None:
    """Make ``user`` a reviewer for ``remit``."""
    services.grant_role(actor=None, user=user, role=OrganisationRole.REVIEWER, remit=Remit(remit))


def revoke(user: User, remit: str) -> None:
    """End the role of ``user`` as a reviewer for ``remit``."""
    found = user.role_grants.get(role=OrganisationRole.REVIEWER, remit=remit, revoked_at=None)
    services.revoke_role(actor=None, grant=found)


def auditor() -> User:
    """Return an auditor."""
    return _with(OrganisationRole.AUDITOR, "Auditor")


def administrator() -> User:
    """Return a platform admin."""
    return _with(OrganisationRole.PLATFORM_ADMIN, "Admin")


def catalog_manager() -> User:
    """Return a catalog manager."""
    return _with(OrganisationRole.CATALOG_MANAGER, "Catalog manager")


def stranger() -> User:
    """Return somebody who has nothing to do with any workload."""
    return person("Stranger")


def _with(role: OrganisationRole, name: str) -> User:
    user = person(name)
    services.grant_role(actor=None, user=user, role=role)
    return user
