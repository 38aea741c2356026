"""What the catalog tells becomes a task with ids only; `services.following` says why."""

from typing import Any

from catalog.models import CatalogEntry
from catalog.signals import alias_drifted, entry_status_changed, price_changed
from portal.accounts.models import User
from portal.common.tasks import enqueue
from portal.gateway.cost import Price


def connect() -> None:
    """Listen to the catalog (called in the app's ``ready``)."""
    price_changed.connect(repriced, dispatch_uid="tuning price")
    entry_status_changed.connect(entry_changed, dispatch_uid="tuning status")
    alias_drifted.connect(entry_changed, dispatch_uid="tuning drift")


def repriced(
    *, entry: CatalogEntry, before: Price | None, actor: User | None = None, **_: Any
) -> None:
    """A price changed; nothing rests on a first one."""
    if before is not None:
        entry_changed(entry=entry, actor=actor)


def entry_changed(*, entry: CatalogEntry, actor: User | None = None, **_: Any) -> None:
    """Something about the entry changed: the rows say what and how far."""
    enqueue("workloads.tuning.follow_catalog", entry=str(entry.pk), actor=_id(actor))


def _id(actor: User | None) -> str:
    return str(actor.pk) if actor is not None else ""
