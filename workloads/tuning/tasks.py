"""Following the catalog: one transaction for each open cycle that is concerned."""

from uuid import UUID

from celery import shared_task

from portal.accounts.models import User
from workloads.tuning import services
from workloads.tuning.selectors import open_cycles_with


@shared_task(name="workloads.tuning.follow_catalog")
def follow_catalog(entry: str, actor: str = "") -> None:
    """Bring the cycles that use the entry in line with the catalog; ``actor`` changed it."""
    for cycle in open_cycles_with(UUID(entry)):
        services.follow_catalog(actor=_person(actor), cycle=cycle)


@shared_task(name="workloads.tuning.follow_catalog_everywhere")
def follow_catalog_everywhere() -> None:
    """Find what lost messages left, and models whose last day has come."""
    for cycle in open_cycles_with():
        services.follow_catalog(actor=None, cycle=cycle)


def _person(actor: str) -> User | None:
    return User.objects.filter(pk=UUID(actor)).first() if actor else None
