"""What operations does by the clock."""

from celery import shared_task

from workloads.operations.services import forget_interactions


@shared_task(name="workloads.operations.forget")
def forget() -> None:
    """Delete the calls whose retention time is over."""
    forget_interactions()
