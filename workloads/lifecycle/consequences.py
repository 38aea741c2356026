"""What a change of a record does to the phases: by each phase's own table, and by comparison."""

from collections.abc import Iterable
from dataclasses import dataclass

from workloads.lifecycle.enums import Impact
from workloads.lifecycle.look import scope
from workloads.lifecycle.phases import Phase, phases

_STRENGTH = {Impact.NOTE: 0, Impact.RECONFIRM: 1, Impact.REOPEN: 2}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens to one phase that was passed or is in review."""

    phase: Phase
    impact: Impact


def consequences(changes: Iterable[str], origin: str) -> list[Consequence]:
    """Return what changes with these codes do, in order of the phases: the strongest for each.

    ``origin`` is the key of the phase whose record changes: every gate that pins that record is
    to be reconfirmed at least, since it was passed on other bytes.
    """
    codes = set(changes)
    if not codes:
        return []
    found = []
    for one in phases():
        impacts = [one.impact.get(code, Impact.NOTE) for code in codes]
        if one.has_gate and any(spanned.key == origin for spanned in scope(one.key)):
            impacts.append(Impact.RECONFIRM)
        strongest = max(impacts, key=_STRENGTH.__getitem__)
        if strongest != Impact.NOTE:
            found.append(Consequence(one, strongest))
    return found
