"""Checks that other slices contribute to a phase, and all checks of a phase together.

`evaluations` stands above `workloads` and cannot be imported by it; it registers instead.
"""

from collections.abc import Callable

from workloads.lifecycle.enums import CheckState
from workloads.lifecycle.models import Cycle
from workloads.lifecycle.phases import Check, phase

Contributor = Callable[[Cycle], list[Check]]
_contributed: dict[str, list[Contributor]] = {}


def contribute(phase_key: str, checks: Contributor) -> None:
    """Add ``checks`` to the exit checks of a phase (called in an app's ``ready``)."""
    known = _contributed.setdefault(phase_key, [])
    if checks not in known:
        known.append(checks)


def checks_of(cycle: Cycle, phase_key: str) -> list[Check]:
    """Return every exit check of the phase as of now: its own first, then the contributed."""
    found = list(phase(phase_key).checks(cycle))
    for more in _contributed.get(phase_key, ()):
        found.extend(more(cycle))
    return found


def failing(checks: list[Check]) -> list[Check]:
    """Return the checks that keep a gate shut: a failed one and an unknown one alike."""
    return [c for c in checks if c.state in (CheckState.FAIL, CheckState.UNKNOWN)]
