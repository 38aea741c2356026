"""The catalog's part of the daily round, and the measuring that people ask for."""

from uuid import UUID

from celery import shared_task

from catalog import services


@shared_task(name="catalog.sync")
def sync_catalog() -> None:
    """Synchronise with the gateway and retire what is due; what happened is in the report."""
    services.retire_due()
    services.sync_from_gateway(actor=None)


@shared_task(name="catalog.probe")
def probe(probe_id: str) -> None:
    """Measure what a probe planned; a second message finds it taken and does nothing."""
    services.run_probe(probe_id=UUID(probe_id))


@shared_task(name="catalog.probe_daily")
def probe_daily() -> None:
    """Measure the usable models within the cap, the longest unmeasured first."""
    services.start_probe(actor=None, entries=services.measurable())


@shared_task(name="catalog.sweep_probes")
def sweep_probes() -> None:
    """Nudge probes that wait, and end those whose worker was lost."""
    services.end_stuck_probes()
