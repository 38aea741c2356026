"""The registry of what waits for a person beside votes and open phases.

A slice says in its app's ``ready`` what of its records asks somebody to act; the home page shows
it to that person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.models import User


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that waits: what it is, in a few words why, where it is done, since when."""

    title: str
    detail: str
    url: str
    since: datetime


Asker = Callable[[User], list[Matter]]
_askers: list[Asker] = []


def register(ask: Asker) -> None:
    """Ask ``ask`` too, each time a person looks at what waits for them."""
    if ask not in _askers:
        _askers.append(ask)


def registered() -> list[Asker]:
    """Return every registered asker, in the order of registration."""
    return list(_askers)
