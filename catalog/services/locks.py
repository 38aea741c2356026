"""The row lock of an entry, and telling others once a change has been committed."""

from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.dispatch import Signal

from catalog.models import CatalogEntry

log = structlog.get_logger(__name__)


def locked_entry(entry_id: UUID) -> CatalogEntry:
    """Return the entry, locked until the transaction ends. Raises CatalogEntry.DoesNotExist."""
    return CatalogEntry.objects.select_for_update(no_key=True).get(pk=entry_id)


def announce(signal: Signal, entry: CatalogEntry, **values: Any) -> None:
    """Send ``signal`` after the commit; a receiver that fails is logged and stops nobody else."""

    def send() -> None:
        for receiver, answer in signal.send_robust(sender=CatalogEntry, entry=entry, **values):
            if isinstance(answer, Exception):
                log.error(
                    "catalog_signal_failed",
                    receiver=getattr(receiver, "__name__", str(receiver)),
                    problem=repr(answer),
                )

    transaction.on_commit(send)
