"""The catalog's part of the daily round."""

from celery import shared_task

from catalog import services


@shared_task(name="catalog.sync")
def sync_catalog() -> None:
    """Synchronise the catalog with the gateway; what happened is in the report."""
    services.sync_from_gateway(actor=None)
