"""A change of status leaves a row and is told."""

from catalog.models import CatalogEntry, StatusChange
from catalog.services.locks import announce
from catalog.signals import entry_status_changed
from portal.accounts.models import User
from portal.common.clock import now


def note_status(*, actor: User | None, entry: CatalogEntry, before: str) -> StatusChange:
    """Keep the decision that the saved ``entry`` now shows; tell it when the status changed."""
    row = StatusChange.objects.create(
        entry=entry,
        at=now(),
        decided_by=actor,
        before=before,
        after=entry.status,
        reason=entry.status_reason,
        approval_expires=entry.approval_expires,
        retirement_date=entry.retirement_date,
        restricted_units=entry.restricted_units,
        restricted_tiers=entry.restricted_tiers,
        replacement=entry.replacement.gateway_alias if entry.replacement is not None else "",
        digest=entry.digest(),
    )
    if entry.status != before:
        announce(entry_status_changed, entry, actor=actor, before=before, after=entry.status)
    return row
