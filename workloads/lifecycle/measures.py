"""The measures that KPIs and criteria may name; `evaluations` registers its metrics here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that can be measured by a run.

    ``scale`` is binary (a rate), graded (0 to 1) or quantity (ms, money); ``direction`` is up
    or down: which way is better; ``unit`` stands behind the number.
    """

    name: str
    label: str
    unit: str
    scale: str
    direction: str
    description: str = ""


_measures: dict[str, Measure] = {}
_sources: list[Callable[[], Sequence[Measure]]] = []


def register(measure: Measure) -> None:
    """Make a measure known (called in an app's ``ready``)."""
    _measures[measure.name] = measure


def register_source(source: Callable[[], Sequence[Measure]]) -> None:
    """Make measures known that come and go while the portal runs: metrics people declare."""
    if source not in _sources:
        _sources.append(source)


def measures() -> list[Measure]:
    """Return every known measure in order of its label."""
    moving = [one for source in _sources for one in source() if one.name not in _measures]
    return sorted([*_measures.values(), *moving], key=lambda m: m.label)


def measure(name: str) -> Measure | None:
    """Return the measure called ``name``, or None."""
    if name in _measures:
        return _measures[name]
    return next((one for source in _sources for one in source() if one.name == name), None)
