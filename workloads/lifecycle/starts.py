"""What a new workload can be started from; the first phase's slice registers its ways here.

The lifecycle makes the workload and knows nothing of briefs; a template or a clone is known above.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.accounts.models import User
from portal.common.errors import Invalid
from workloads.lifecycle.models import Workload


@dataclass(frozen=True, slots=True)
class Start:
    """One thing to start from: ``key`` as forms and the API name it, ``group`` its heading."""

    key: str
    label: str
    help: str = ""
    group: str = ""


Offer = Callable[[User], Sequence[Start]]
Begin = Callable[[User, Workload, str, Mapping[str, Any]], bool]
_ways: list[tuple[Offer, Begin]] = []


def register(offer: Offer, begin: Begin) -> None:
    """Add a way to start (called in an app's ``ready``).

    ``offer`` lists what a person may start from; ``begin`` writes it into a new workload, inside
    the transaction that makes it, and says whether the key was its own.
    """
    if (offer, begin) not in _ways:
        _ways.append((offer, begin))


def starts_for(user: User) -> list[Start]:
    """Return everything that ``user`` may start a workload from, beside a blank page."""
    return [start for offer, _ in _ways for start in offer(user)]


def begin(actor: User, workload: Workload, start: str, answers: Mapping[str, Any]) -> None:
    """Write ``start`` and ``answers`` into the new workload. Raises Invalid (choice)."""
    if not any(begin_one(actor, workload, start, answers) for _, begin_one in _ways):
        raise Invalid.field("start", "choice", "Choose one of the things listed to start from.")
