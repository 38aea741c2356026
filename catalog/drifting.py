"""When another snapshot than the pinned one is news, and when it is over: pure.

Planning and writing ask the same questions, so that a preview shows what is marked.
"""

from catalog.enums import Witness
from catalog.models import CatalogEntry
from catalog.probing import is_snapshot


def is_news(entry: CatalogEntry, answered: str, witness: Witness) -> bool:
    """Whether ``answered``, which is not what ``entry`` pins, is not marked yet.

    The marked snapshot in another spelling is not news, and a list says nothing against what a
    call showed.
    """
    told = entry.drift_answered
    if not entry.snapshot or (told and _same(told, answered)):
        return False
    return not (witness == Witness.LISTING and entry.drift_witness == Witness.PROBE)


def may_settle(entry: CatalogEntry, witness: Witness | None) -> bool:
    """Whether ``entry`` is marked by that witness; None, a person, settles any mark."""
    return entry.drifted_since is not None and witness in (None, entry.drift_witness)


def _same(one: str, other: str) -> bool:
    return is_snapshot(one, other) or is_snapshot(other, one)
