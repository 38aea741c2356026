"""The daily anchor."""

from celery import shared_task

from portal.audit import services


@shared_task(name="portal.audit.anchor")
def anchor() -> None:
    """Write the head of the chain to the anchor file."""
    services.anchor()
