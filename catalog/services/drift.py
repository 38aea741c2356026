"""An alias that stands for another snapshot than the pinned one: marked once, told once."""

from catalog.drifting import is_news, may_settle
from catalog.enums import Witness
from catalog.models import CatalogEntry
from catalog.services.locks import announce
from catalog.signals import alias_drifted
from portal.accounts.models import User
from portal.audit import services as audit
from portal.common.clock import now


def mark_drift(*, actor: User | None, entry: CatalogEntry, answered: str, witness: Witness) -> bool:
    """Mark the locked ``entry`` as answering as ``answered``; return whether that is news.

    The mark, the audit event and `alias_drifted` come once for each other snapshot, however it is
    spelled, not each day; what a list says never takes the place of what a call showed. The caller
    holds the entry's lock.
    """
    if not is_news(entry, answered[:200], witness):
        return False
    entry.drift_answered, entry.drift_witness = answered[:200], witness
    entry.drifted_since = now()
    entry.save(update_fields=("drift_answered", "drift_witness", "drifted_since", "updated_at"))
    _record(actor, entry, "catalog.alias_drifted", answered)
    announce(
        alias_drifted,
        entry,
        actor=actor,
        pinned=entry.snapshot,
        answered=entry.drift_answered,
    )
    return True


def clear_drift(*, actor: User | None, entry: CatalogEntry, witness: Witness | None) -> bool:
    """Take the mark away: the witness that saw it sees the pinned snapshot again.

    ``witness`` None means that a person pinned anew. What one witness saw is not undone by
    another: a list may say what no call proves. The caller holds the entry's lock.
    """
    if not may_settle(entry, witness):
        return False
    answered = entry.drift_answered
    entry.drift_answered = entry.drift_witness = ""
    entry.drifted_since = None
    entry.save(update_fields=("drift_answered", "drift_witness", "drifted_since", "updated_at"))
    _record(actor, entry, "catalog.alias_settled", answered)
    return True


def _record(actor: User | None, entry: CatalogEntry, action: str, answered: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        kind="catalog_entry",
        ref=entry.gateway_alias,
        detail={"pinned": entry.snapshot, "answered": answered, "witness": entry.drift_witness},
    )
