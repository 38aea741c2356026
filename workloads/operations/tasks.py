"""What operations does by the clock, and when the catalog changed."""

from uuid import UUID

from celery import shared_task

from portal.accounts.models import User
from workloads.operations import services
from workloads.operations.selectors import live_workloads


@shared_task(name="workloads.operations.forget")
def forget() -> None:
    """Delete the calls whose retention time is over."""
    services.forget_interactions()


@shared_task(name="workloads.operations.follow_catalog")
def follow_catalog(entry: str, actor: str = "") -> None:
    """Raise what the entry's change means for the releases that call it."""
    for workload in live_workloads(UUID(entry)):
        services.follow_catalog_live(actor=_person(actor), workload=workload)


@shared_task(name="workloads.operations.follow_catalog_everywhere")
def follow_catalog_everywhere() -> None:
    """Find what lost messages left, and models whose last day has come."""
    for workload in live_workloads():
        services.follow_catalog_live(actor=None, workload=workload)


def _person(actor: str) -> User | None:
    return User.objects.filter(pk=UUID(actor)).first() if actor else None
