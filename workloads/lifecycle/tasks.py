"""What beat asks of the lifecycle."""

from celery import shared_task

from workloads.lifecycle import services


@shared_task(name="workloads.lifecycle.expire_reviews")
def expire_reviews() -> None:
    """End reviews whose time is over; see `services.expire_reviews`."""
    services.expire_reviews()
